package io.bactrian.tokenizer.jinja;

import java.time.ZonedDateTime;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A chat template, read once and rendered often, by many threads at once.
 *
 * <p>The source is a folder of the operator's, what is rendered comes from clients: strings of theirs are never read as templates, a
 * template reaches nothing but the values it is given, and {@link Limits} end what takes too long. What of Jinja is not here, a template
 * is refused for when it is read: other files ({@code include}, {@code extends}), recursive loops, filters that no chat template has.
 */
public final class Template {
    private final Statement body;

    private Template(Statement body) {
        this.body = body;
    }

    /** Reads a template; throws {@link TemplateException} naming the line of what is wrong. */
    public static Template parse(String source) {
        try {
            return new Template(Parser.parse(source));
        } catch (StackOverflowError e) {
            throw new TemplateException("nested too deeply");
        }
    }

    /**
     * Returns the text for {@code variables}, made of maps, lists, strings, booleans, numbers and {@link #none()}.
     *
     * @param now what {@code strftime_now} says
     * @throws TemplateException if the template refuses, cannot do with the variables, or a limit is passed
     */
    public String render(Map<String, Object> variables, Limits limits, Supplier<ZonedDateTime> now) {
        Scope globals = new Scope(new Budget(limits));
        Functions.catalog(now).forEach(globals::set);
        Scope scope = globals.inside();
        variables.forEach(scope::set);
        StringBuilder text = new StringBuilder();
        try {
            body.run(scope, text);
        } catch (StackOverflowError e) {
            throw new TemplateException("nested too deeply");
        }
        return text.toString();
    }

    /** Returns Python's {@code None}. */
    public static Object none() {
        return None.NONE;
    }
}
