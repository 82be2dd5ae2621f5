package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.bactrian.api.UsageReader.EventUsage;
import io.bactrian.fixture.Chunks;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsageReaderTest {
    private static final TokenUsage ELEVEN_AND_THREE = new TokenUsage(11, 3, OptionalInt.empty(), 14, false);

    private final UsageReader reader = new UsageReader();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'prompt_tokens':11,'completion_tokens':3,'total_tokens':14} | 11 | 3 | 14 | -1",
                "{'input_tokens':'9','output_tokens':2,'input_tokens_details':{'cached_tokens':8}} | 9 | 2 | 11 | 8",
                "{'prompt_tokens':5,'completion_tokens':0,'prompt_tokens_details':{'audio':[1],'cached_tokens':0}} | 5 | 0 | 5 | 0",
                "{'prompt_tokens':5.9,'completion_tokens':-1,'prompt_tokens_details':null} | 5 | 0 | 5 | -1",
            })
    void readsTheUsageOfABody(String usage, int prompt, int completion, int total, int cached) {
        String body = "{'id':'x','choices':[{'usage':{'prompt_tokens':99}}],'usage':" + usage + "}";

        assertThat(readBody(Chunks.cutAt(json(body), 0)))
                .contains(new TokenUsage(
                        prompt, completion, cached < 0 ? OptionalInt.empty() : OptionalInt.of(cached), total, false));
        assertThat(readWhole(body)).isEqualTo(readBody(Chunks.cutAt(json(body), 0)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'usage':{'prompt_tokens':11,'completion_tokens':3}}",
                "{'usage':{'prompt_tokens':11,'completion_tokens':3,'total_tokens':14},'fingerprint':null} ",
                "{'usage' : { 'prompt_tokens' : 11 , 'completion_tokens' : 3 } , 'a' : [{'b':'}\\'}'}] }",
                "{'usage':{'prompt_tokens':11,'completion_tokens':3,'prompt_tokens_details':null}}",
                "{'usage':{'prompt_tokens':11,'x_details':{'a':'}','b':1},'completion_tokens':3}}",
                "{'a':'\\'usage','usage':{'prompt_tokens':11,'completion_tokens':3},'b':'usage'}",
                "{'usage':{'prompt_\\u0074okens':11,'completion_tokens':3}}",
                "{'response':{'usage':{'prompt_tokens':11,'completion_tokens':3}}}"
            })
    void readsTheUsageOfAWholeBody(String body) {
        assertThat(readWhole(body)).contains(ELEVEN_AND_THREE);
    }

    @Property(tries = 2000)
    void readsAWholeBodyAsItReadsPieces(@ForAll Random random) {
        String body = AnswerBodies.random(random);

        assertThat(readWhole(body)).as(body).isEqualTo(readBody(Chunks.cutAt(json(body), 0)));
    }

    @Test
    void readsTheUsageOfABodyWhereverItIsCut() {
        byte[] body = json("""
                {'id':'x','choices':[{'message':{'content':'ü €'}}],
                 'usage':{'prompt_tokens':11,'completion_tokens':3,'total_tokens':14}}""");

        for (int cut = 0; cut <= body.length; cut++) {
            assertThat(readBody(Chunks.cutAt(body, cut))).as("cut at %d", cut).contains(ELEVEN_AND_THREE);
        }
    }

    @Property(tries = 200)
    void readsTheUsageOfABodyInAnyPieces(@ForAll Random random) {
        byte[] body = json("{'a':[{},[1,'x',null]],'usage':{'prompt_tokens':11,'completion_tokens':3}} ");

        assertThat(readBody(Chunks.random(body, 1 + random.nextInt(9), random))).contains(ELEVEN_AND_THREE);
    }

    /** In one piece or in several: which members count depends on the API alone. */
    @Test
    void takesNoOtherApisWordForUsage() {
        String sglang = "{'meta_info':{'prompt_tokens':11,'completion_tokens':3}}";
        String openAi = "{'response':{'usage':{'prompt_tokens':11,'completion_tokens':3}}}";
        UsageReader other = UsageReader.ofSglang();

        assertThat(readBody(Chunks.cutAt(json(sglang), 9))).isEmpty();
        assertThat(readWhole(sglang)).isEmpty();
        assertThat(other.readWhole(ByteBuffer.wrap(json(openAi)))).isEmpty();
        BodyUsage pieces = other.readBody();
        Chunks.cutAt(json(openAi), 9).forEach(pieces::feed);
        assertThat(pieces.end()).isEmpty();
        assertThat(other.readWhole(ByteBuffer.wrap(json(sglang)))).contains(ELEVEN_AND_THREE);
    }

    @Test
    void hasNoUsageOfABodyCutAnywhere() {
        byte[] body = json("{'usage':{'prompt_tokens':11,'completion_tokens':3}}");

        for (int length = 0; length < body.length; length++) {
            BodyUsage usage = reader.readBody();
            usage.feed(ByteBuffer.wrap(body, 0, length));
            assertThat(usage.end()).as("cut at %d", length).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[{'usage':{'prompt_tokens':1}}]",
                "{'usage':null}",
                "{'usage':[1]}",
                "{'usage':{}}",
                "{'usage':7}",
                "{'usage':{'prompt_tokens':true}}",
                "{'usage':{'prompt_tokens':1}}}",
                "{'a':{'usage':{'prompt_tokens':1}}}",
                "<html>"
            })
    void hasNoUsageWhereNoneCanBeRead(String body) {
        assertThat(readBody(Chunks.cutAt(json(body), body.length() / 2))).isEmpty();
        assertThat(event("data: " + body + "\n\n").usage()).isEmpty();
        assertThat(readWhole(body)).isEmpty();
    }

    @Test
    void givesUpOnAStringTooLongToHold() {
        BodyUsage usage = reader.readBody();
        usage.feed(ByteBuffer.wrap(json("{'a':'")));
        byte[] letters = "x".repeat(100_000).getBytes(UTF_8);
        for (int i = 0; i < 20; i++) {
            usage.feed(ByteBuffer.wrap(letters));
        }
        usage.feed(ByteBuffer.wrap(json("','usage':{'prompt_tokens':1}}")));

        assertThat(usage.end()).isEmpty();
    }

    @Test
    void tellsTheEventThatHoldsUsageAlone() {
        EventUsage last = event("data: {'choices':[],'usage':{'prompt_tokens':11,'completion_tokens':3}}\n\n");
        EventUsage token =
                event("data: {'choices':[{'index':0}],'usage':{'prompt_tokens':11,'completion_tokens':3}}\n\n");
        EventUsage unchosen = event("data: {'usage':{'prompt_tokens':11,'completion_tokens':3}}\n\n");

        assertThat(last).isEqualTo(new EventUsage(Optional.of(ELEVEN_AND_THREE), true));
        assertThat(token).isEqualTo(new EventUsage(Optional.of(ELEVEN_AND_THREE), false));
        assertThat(unchosen.only()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data:{'usage':{'prompt_tokens':11,'completion_tokens':3}}\n\n",
                "event: x\r\ndata: {'usage':\r\ndata: {'prompt_tokens':11,'completion_tokens':3}}\r\nid: 1\r\n\r\n",
                ": 'usage'\rdata: {'usage' : {'prompt_tokens':11,'completion_tokens':3}}\r\r",
                "data: {'type':'response.completed','response':{'usage':{'input_tokens':11,'output_tokens':3}}}\n\n"
            })
    void readsTheUsageOfAnEvent(String event) {
        assertThat(event(event).usage()).contains(ELEVEN_AND_THREE);
    }

    @Test
    void doesNotParseEventsWithoutUsage() {
        assertThat(UsageReader.mentionsUsage(ByteBuffer.wrap(json("data: {'choices':[],'usage':null}\n\n"))))
                .isFalse();
        assertThat(UsageReader.mentionsUsage(ByteBuffer.wrap(json("data: {'choices':[], 'usage' : null}\n\n"))))
                .isFalse();
        assertThat(UsageReader.mentionsUsage(ByteBuffer.wrap(json("data: {'choices':[]}\n\n"))))
                .isFalse();
        assertThat(UsageReader.mentionsUsage(ByteBuffer.wrap(json("'usage'")))).isTrue();
    }

    @Property(tries = 1000)
    void findsTheWordWhereverItStands(@ForAll Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i >= 0; i--) {
            text.append(
                    List.of("'usage'", "'", "usag", "age'", "x", "é", "''usage").get(random.nextInt(7)));
        }
        byte[] event = json(text.toString());
        ByteBuffer piece = Chunks.cutAt(event, event.length).get(0);

        assertThat(UsageReader.mentionsUsage(piece)).isEqualTo(text.toString().contains("'usage'"));
    }

    private EventUsage event(String event) {
        return reader.readEvent(Chunks.cutAt(json(event), 0).get(1));
    }

    private Optional<TokenUsage> readBody(List<ByteBuffer> pieces) {
        BodyUsage usage = reader.readBody();
        pieces.forEach(usage::feed);
        return usage.end();
    }

    private Optional<TokenUsage> readWhole(String body) {
        return reader.readWhole(Chunks.cutAt(json(body), 0).get(1));
    }

    private static byte[] json(String text) {
        return text.replace('\'', '"').getBytes(UTF_8);
    }
}
