package io.bactrian.tokenizer;

import java.util.List;
import java.util.Map;

/**
 * What a chat template is given; values are those of {@link JsonValues}.
 *
 * @param messages in their order
 * @param tools empty if there are none
 * @param documents empty if there are none
 * @param addGenerationPrompt whether the text ends with what an answer begins with
 * @param continueFinalMessage whether the text ends inside the last message, for the model to go on
 * @param variables others, by their names ({@code chat_template_kwargs})
 */
record Chat(
        List<Map<String, Object>> messages,
        List<Object> tools,
        List<Object> documents,
        boolean addGenerationPrompt,
        boolean continueFinalMessage,
        Map<String, Object> variables) {}
