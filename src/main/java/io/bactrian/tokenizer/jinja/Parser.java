package io.bactrian.tokenizer.jinja;

import io.bactrian.tokenizer.jinja.Statement.Flow;
import io.bactrian.tokenizer.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the tags of a template. */
final class Parser {
    private final TokenStream tokens;
    private final ExpressionParser expressions;

    private Parser(TokenStream tokens) {
        this.tokens = tokens;
        this.expressions = new ExpressionParser(tokens);
    }

    static Statement parse(String template) {
        Parser parser = new Parser(new TokenStream(Lexer.read(template)));
        Statement body = parser.body(Set.of());
        if (parser.tokens.peek().kind() != Kind.END) {
            throw parser.tokens.unexpected("nothing more");
        }
        return body;
    }

    /** Reads up to a tag named in {@code ends}, whose name comes next then; or to the end of the template. */
    private Statement body(Set<String> ends) {
        List<Statement> statements = new ArrayList<>();
        while (true) {
            Token token = tokens.take();
            switch (token.kind()) {
                case DATA -> statements.add(data(token.text()));
                case VARIABLE_BEGIN -> statements.add(print(token.line()));
                case BLOCK_BEGIN -> {
                    if (ends.contains(tokens.peek().text())) {
                        return sequence(statements);
                    }
                    statements.add(located(tag(), token.line()));
                }
                default -> {
                    if (!ends.isEmpty()) {
                        throw tokens.unexpected("a tag " + ends);
                    }
                    return sequence(statements);
                }
            }
        }
    }

    private static Statement data(String data) {
        return (scope, text) -> {
            scope.budget().append(text, data);
            return Flow.NEXT;
        };
    }

    private Statement print(int line) {
        Expression value = expressions.tuple();
        tokens.expect(Kind.VARIABLE_END, "'}}'");
        return located(
                (scope, text) -> {
                    scope.budget().step();
                    scope.budget().append(text, Values.text(value.valueIn(scope)));
                    return Flow.NEXT;
                },
                line);
    }

    /** Lets errors of a statement say where it stands. */
    private static Statement located(Statement statement, int line) {
        return (scope, text) -> {
            try {
                return statement.run(scope, text);
            } catch (TemplateException e) {
                throw e.in(line);
            }
        };
    }

    private static Statement sequence(List<Statement> statements) {
        return (scope, text) -> {
            for (Statement statement : statements) {
                Flow flow = statement.run(scope, text);
                if (flow != Flow.NEXT) {
                    return flow;
                }
            }
            return Flow.NEXT;
        };
    }

    private Statement tag() {
        int line = tokens.line();
        String name = tokens.expectName();
        return switch (name) {
            case "if" -> condition();
            case "for" -> loop();
            case "set" -> assignment();
            case "macro" -> macro();
            case "call" -> callBlock();
            case "filter" -> filterBlock();
            case "with" -> with();
            case "generation" -> {
                endTag();
                yield inside(rest("endgeneration"));
            }
            case "break" -> flow(Flow.BREAK);
            case "continue" -> flow(Flow.CONTINUE);
            default ->
                throw TemplateException.at(
                        line, "tag '" + name + "' is not known, or does not belong to a chat template");
        };
    }

    private void endTag() {
        tokens.expect(Kind.BLOCK_END, "'%}'");
    }

    /** Reads a body and the tag {@code end} behind it. */
    private Statement rest(String end) {
        Statement body = body(Set.of(end));
        tokens.take();
        endTag();
        return body;
    }

    private Statement flow(Flow flow) {
        endTag();
        return (scope, text) -> flow;
    }

    private static Statement inside(Statement body) {
        return (scope, text) -> body.run(scope.inside(), text);
    }

    private Statement condition() {
        Expression condition = expressions.tuple();
        endTag();
        Statement then = body(Set.of("elif", "else", "endif"));
        Statement otherwise =
                switch (tokens.expectName()) {
                    case "elif" -> condition();
                    case "else" -> {
                        endTag();
                        yield rest("endif");
                    }
                    default -> {
                        endTag();
                        yield sequence(List.of());
                    }
                };
        return (scope, text) -> {
            scope.budget().step();
            return (Values.isTrue(condition.valueIn(scope)) ? then : otherwise).run(scope, text);
        };
    }

    private Statement loop() {
        Target target = target();
        if (!tokens.skipName("in")) {
            throw tokens.unexpected("'in'");
        }
        Expression items = expressions.tupleWithoutCondition();
        Expression wanted = tokens.skipName("if") ? expressions.expression() : null;
        if (tokens.isName("recursive")) {
            throw TemplateException.at(tokens.line(), "recursive loops are not supported (expected: a macro)");
        }
        endTag();
        Statement body = body(Set.of("endfor", "else"));
        Statement otherwise = sequence(List.of());
        if (tokens.expectName().equals("else")) {
            endTag();
            otherwise = rest("endfor");
        } else {
            endTag();
        }
        return new LoopStatement(target, items, wanted, body, otherwise);
    }

    private record LoopStatement(
            Target target, Expression items, @Nullable Expression wanted, Statement body, Statement otherwise)
            implements Statement {
        @Override
        public Flow run(Scope scope, StringBuilder text) {
            List<?> chosen = choose(Values.items(items.valueIn(scope)), scope);
            if (chosen.isEmpty()) {
                return otherwise.run(scope.inside(), text);
            }
            Loop loop = new Loop(chosen);
            for (int i = 0; i < chosen.size(); i++) {
                scope.budget().step();
                Scope turn = scope.inside();
                turn.set("loop", loop);
                target.assign(turn, loop.next());
                if (body.run(turn, text) == Flow.BREAK) {
                    break;
                }
            }
            return Flow.NEXT;
        }

        private List<?> choose(List<?> all, Scope scope) {
            if (wanted == null) {
                return all;
            }
            List<Object> chosen = new ArrayList<>();
            for (Object item : all) {
                Scope turn = scope.inside();
                target.assign(turn, item);
                if (Values.isTrue(wanted.valueIn(turn))) {
                    chosen.add(item);
                }
            }
            return chosen;
        }
    }

    /** Where a value goes: a name, several names, or an attribute of a namespace. */
    @FunctionalInterface
    private interface Target {
        void assign(Scope scope, Object value);
    }

    private Target target() {
        boolean bracketed = tokens.skipOperator("(");
        List<String> names = new ArrayList<>(List.of(tokens.expectName()));
        if (tokens.skipOperator(".")) {
            return attributeTarget(names.get(0), tokens.expectName());
        }
        boolean several = tokens.isOperator(",");
        while (tokens.skipOperator(",") && tokens.peek().kind() == Kind.NAME) {
            names.add(tokens.expectName());
        }
        if (bracketed) {
            tokens.expectOperator(")");
        }
        return several
                ? (scope, value) -> unpack(names, value, scope)
                : (scope, value) -> scope.set(names.get(0), value);
    }

    private static Target attributeTarget(String name, String attribute) {
        return (scope, value) -> {
            if (!(scope.get(name) instanceof Namespace namespace)) {
                throw new TemplateException(
                        "'" + name + "' is no namespace, so that '" + attribute + "' cannot be set");
            }
            namespace.set(attribute, value);
        };
    }

    private static void unpack(List<String> names, Object value, Scope scope) {
        List<?> items = Values.items(value);
        if (items.size() != names.size()) {
            throw new TemplateException(items.size() + " values for " + names.size() + " names");
        }
        for (int i = 0; i < names.size(); i++) {
            scope.set(names.get(i), items.get(i));
        }
    }

    private Statement assignment() {
        Target target = target();
        if (tokens.skipOperator("=")) {
            Expression value = expressions.tuple();
            endTag();
            return (scope, text) -> {
                scope.budget().step();
                target.assign(scope, value.valueIn(scope));
                return Flow.NEXT;
            };
        }
        Expression value = filteredBody("endset");
        return (scope, text) -> {
            target.assign(scope, value.valueIn(scope));
            return Flow.NEXT;
        };
    }

    /** Reads filters, if there are any, the end of the tag, and a body up to the tag {@code end}: its text goes through the filters. */
    private Expression filteredBody(String end) {
        BodyText body = new BodyText();
        Expression value = filters(body);
        endTag();
        body.statement = rest(end);
        return value;
    }

    private Expression filters(Expression first) {
        Expression value = first;
        while (tokens.skipOperator("|")) {
            value = expressions.filter(value);
        }
        return value;
    }

    /** What a body writes, as a value. Its filters are read before itself. */
    private static final class BodyText implements Expression {
        private Statement statement = sequence(List.of());

        @Override
        public Object valueIn(Scope scope) {
            StringBuilder text = new StringBuilder();
            statement.run(scope.inside(), text);
            scope.budget().make(text.length());
            return text.toString();
        }
    }

    private Statement filterBlock() {
        BodyText body = new BodyText();
        Expression filtered = filters(expressions.filter(body));
        endTag();
        body.statement = rest("endfilter");
        return (scope, text) -> {
            scope.budget().append(text, Values.text(filtered.valueIn(scope)));
            return Flow.NEXT;
        };
    }

    private Statement macro() {
        String name = tokens.expectName();
        List<Macro.Parameter> parameters = parameters();
        endTag();
        Statement body = rest("endmacro");
        return (scope, text) -> {
            scope.set(name, new Macro(name, parameters, body, scope));
            return Flow.NEXT;
        };
    }

    private List<Macro.Parameter> parameters() {
        List<Macro.Parameter> parameters = new ArrayList<>();
        tokens.expectOperator("(");
        while (!tokens.skipOperator(")")) {
            String name = tokens.expectName();
            parameters.add(new Macro.Parameter(name, tokens.skipOperator("=") ? expressions.expression() : null));
            if (!tokens.isOperator(")")) {
                tokens.expectOperator(",");
            }
        }
        return parameters;
    }

    private Statement callBlock() {
        List<Macro.Parameter> parameters = tokens.isOperator("(") ? parameters() : List.of();
        if (!(expressions.expression() instanceof Call call)) {
            throw tokens.unexpected("a call of a macro");
        }
        endTag();
        Statement body = rest("endcall");
        return (scope, text) -> {
            Object called = call.valueIn(scope, new Macro("caller", parameters, body, scope));
            scope.budget().append(text, Values.text(called));
            return Flow.NEXT;
        };
    }

    private Statement with() {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (tokens.peek().kind() != Kind.BLOCK_END) {
            String name = tokens.expectName();
            targets.add((scope, value) -> scope.set(name, value));
            tokens.expectOperator("=");
            values.add(expressions.expression());
            if (tokens.peek().kind() != Kind.BLOCK_END) {
                tokens.expectOperator(",");
            }
        }
        endTag();
        Statement body = rest("endwith");
        return (scope, text) -> {
            Scope inner = scope.inside();
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(inner, values.get(i).valueIn(scope));
            }
            return body.run(inner, text);
        };
    }
}
