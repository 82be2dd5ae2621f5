package io.bactrian.tokenizer.jinja;

import io.bactrian.tokenizer.jinja.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;

/** Reads expressions, in Jinja's grammar: one method for each level of precedence, the loosest first. */
final class ExpressionParser {
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final TokenStream tokens;

    ExpressionParser(TokenStream tokens) {
        this.tokens = tokens;
    }

    /** Reads one expression, or several with commas between them, which are a list then. */
    Expression tuple() {
        return listed(this::expression);
    }

    /** As {@link #tuple()}, but {@code if} ends it: what a loop goes through. */
    Expression tupleWithoutCondition() {
        return listed(this::or);
    }

    private Expression listed(java.util.function.Supplier<Expression> reader) {
        Expression first = reader.get();
        if (!tokens.isOperator(",")) {
            return first;
        }
        List<Expression> items = new ArrayList<>(List.of(first));
        while (tokens.skipOperator(",") && !isEnd()) {
            items.add(reader.get());
        }
        return tuple(items);
    }

    private static Expression tuple(List<Expression> items) {
        Expression list = list(items);
        return scope -> new Tuple((List<?>) list.valueIn(scope));
    }

    private boolean isEnd() {
        Kind kind = tokens.peek().kind();
        return kind == Kind.BLOCK_END || kind == Kind.VARIABLE_END || tokens.isOperator(")");
    }

    private static Expression list(List<Expression> items) {
        return scope -> {
            List<Object> values = new ArrayList<>(items.size());
            items.forEach(item -> values.add(item.valueIn(scope)));
            return values;
        };
    }

    Expression expression() {
        Expression value = or();
        while (tokens.skipName("if")) {
            Expression then = value;
            Expression condition = or();
            Expression otherwise =
                    tokens.skipName("else") ? expression() : scope -> new Undefined("an 'if' without 'else'");
            value = scope -> (Values.isTrue(condition.valueIn(scope)) ? then : otherwise).valueIn(scope);
        }
        return value;
    }

    private Expression or() {
        Expression value = and();
        while (tokens.skipName("or")) {
            Expression left = value;
            Expression right = and();
            value = scope -> {
                Object first = left.valueIn(scope);
                return Values.isTrue(first) ? first : right.valueIn(scope);
            };
        }
        return value;
    }

    private Expression and() {
        Expression value = not();
        while (tokens.skipName("and")) {
            Expression left = value;
            Expression right = not();
            value = scope -> {
                Object first = left.valueIn(scope);
                return Values.isTrue(first) ? right.valueIn(scope) : first;
            };
        }
        return value;
    }

    private Expression not() {
        if (tokens.skipName("not")) {
            Expression value = not();
            return scope -> !Values.isTrue(value.valueIn(scope));
        }
        return comparison();
    }

    private record Step(BiPredicate<Object, Object> comparison, Expression right) {}

    private Expression comparison() {
        Expression first = sum();
        List<Step> steps = new ArrayList<>();
        while (true) {
            Token token = tokens.peek();
            if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
                tokens.take();
                steps.add(new Step(comparison(token.text()), sum()));
            } else if (tokens.skipName("in")) {
                steps.add(new Step((left, right) -> Values.contains(right, left), sum()));
            } else if (tokens.isName("not") && tokens.peekSecond().is(Kind.NAME, "in")) {
                tokens.take();
                tokens.take();
                steps.add(new Step((left, right) -> !Values.contains(right, left), sum()));
            } else {
                return steps.isEmpty() ? first : scope -> holds(first, steps, scope);
            }
        }
    }

    /** As in {@code 0 < x < 3}: every neighbour is compared. */
    private static boolean holds(Expression first, List<Step> steps, Scope scope) {
        Object left = first.valueIn(scope);
        for (Step step : steps) {
            Object right = step.right().valueIn(scope);
            if (!step.comparison().test(left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private static BiPredicate<Object, Object> comparison(String operator) {
        return switch (operator) {
            case "==" -> Values::equal;
            case "!=" -> (left, right) -> !Values.equal(left, right);
            case "<" -> (left, right) -> Values.compare(operator, left, right) < 0;
            case "<=" -> (left, right) -> Values.compare(operator, left, right) <= 0;
            case ">" -> (left, right) -> Values.compare(operator, left, right) > 0;
            default -> (left, right) -> Values.compare(operator, left, right) >= 0;
        };
    }

    private Expression sum() {
        Expression value = concatenation();
        while (tokens.isOperator("+") || tokens.isOperator("-")) {
            value = calculation(tokens.take().text(), value, concatenation());
        }
        return value;
    }

    private Expression concatenation() {
        Expression first = product();
        if (!tokens.isOperator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return scope -> {
            List<Object> values = new ArrayList<>(parts.size());
            parts.forEach(part -> values.add(part.valueIn(scope)));
            return Methods.join("", values, scope.budget());
        };
    }

    private Expression product() {
        Expression value = power();
        while (tokens.isOperator("*") || tokens.isOperator("/") || tokens.isOperator("//") || tokens.isOperator("%")) {
            value = calculation(tokens.take().text(), value, power());
        }
        return value;
    }

    private Expression power() {
        Expression value = unary(true);
        while (tokens.isOperator("**")) {
            value = calculation(tokens.take().text(), value, unary(true));
        }
        return value;
    }

    private static Expression calculation(String operator, Expression left, Expression right) {
        return scope -> {
            scope.budget().step();
            return Values.calculate(operator, left.valueIn(scope), right.valueIn(scope), scope.budget());
        };
    }

    private Expression unary(boolean filtered) {
        Expression value;
        if (tokens.skipOperator("-")) {
            value = calculation("-", scope -> 0L, unary(false));
        } else if (tokens.skipOperator("+")) {
            value = calculation("+", scope -> 0L, unary(false));
        } else {
            value = primary();
        }
        value = behind(value);
        return filtered ? filters(value) : value;
    }

    private Expression primary() {
        Token token = tokens.take();
        return switch (token.kind()) {
            case NAME -> name(token.text());
            case STRING -> {
                StringBuilder text = new StringBuilder(token.text());
                while (tokens.peek().kind() == Kind.STRING) {
                    text.append(tokens.take().text());
                }
                yield constant(text.toString());
            }
            case INTEGER -> constant(whole(token));
            case FLOAT -> constant(Double.valueOf(token.text().replace("_", "")));
            default -> bracketed(token);
        };
    }

    private static Object whole(Token token) {
        return Numbers.small(new BigInteger(token.text().replace("_", "")));
    }

    private static Expression constant(Object value) {
        return scope -> value;
    }

    private static Expression name(String name) {
        return switch (name) {
            case "true", "True" -> constant(true);
            case "false", "False" -> constant(false);
            case "none", "None" -> constant(None.NONE);
            default -> scope -> scope.get(name);
        };
    }

    private Expression bracketed(Token token) {
        switch (token.text()) {
            case "(" -> {
                if (tokens.skipOperator(")")) {
                    return tuple(List.of());
                }
                Expression inside = tuple();
                tokens.expectOperator(")");
                return inside;
            }
            case "[" -> {
                List<Expression> items = new ArrayList<>();
                while (!tokens.skipOperator("]")) {
                    items.add(expression());
                    if (!tokens.isOperator("]")) {
                        tokens.expectOperator(",");
                    }
                }
                return list(items);
            }
            case "{" -> {
                return dictionary();
            }
            default ->
                throw TemplateException.at(
                        token.line(),
                        (token.kind() == Kind.OPERATOR ? "'" + token.text() + "'" : "the end of the tag")
                                + " where a value is expected");
        }
    }

    private Expression dictionary() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.skipOperator("}")) {
            keys.add(expression());
            tokens.expectOperator(":");
            values.add(expression());
            if (!tokens.isOperator("}")) {
                tokens.expectOperator(",");
            }
        }
        return scope -> {
            Map<Object, Object> made = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                made.put(keys.get(i).valueIn(scope), values.get(i).valueIn(scope));
            }
            return made;
        };
    }

    /** Reads what stands behind a value: attributes, items, slices, arguments. */
    private Expression behind(Expression first) {
        Expression value = first;
        while (true) {
            if (tokens.skipOperator(".")) {
                value = attribute(value);
            } else if (tokens.skipOperator("[")) {
                value = subscript(value);
            } else if (tokens.isOperator("(")) {
                value = new Call(value, given());
            } else {
                return value;
            }
        }
    }

    private Expression attribute(Expression value) {
        Token token = tokens.take();
        if (token.kind() == Kind.INTEGER) {
            Object index = whole(token);
            return scope -> Values.item(value.valueIn(scope), index);
        }
        if (token.kind() != Kind.NAME) {
            throw TemplateException.at(token.line(), "'" + token.text() + "' where a name is expected");
        }
        return scope -> Values.attribute(value.valueIn(scope), token.text());
    }

    private Expression subscript(Expression value) {
        Expression from = tokens.isOperator(":") ? constant(None.NONE) : expression();
        if (tokens.skipOperator("]")) {
            return scope -> Values.item(value.valueIn(scope), from.valueIn(scope));
        }
        tokens.expectOperator(":");
        Expression to = bound();
        Expression step = tokens.skipOperator(":") ? bound() : constant(None.NONE);
        tokens.expectOperator("]");
        return scope -> Values.slice(value.valueIn(scope), from.valueIn(scope), to.valueIn(scope), step.valueIn(scope));
    }

    private Expression bound() {
        return tokens.isOperator(":") || tokens.isOperator("]") ? constant(None.NONE) : expression();
    }

    /** Reads arguments in brackets; nothing if there are no brackets. */
    Call.Given given() {
        if (!tokens.skipOperator("(")) {
            return Call.Given.NOTHING;
        }
        Call.Given given =
                new Call.Given(new ArrayList<>(), new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>());
        while (!tokens.skipOperator(")")) {
            if (tokens.skipOperator("**")) {
                given.maps().add(expression());
            } else if (tokens.skipOperator("*")) {
                given.lists().add(expression());
            } else if (tokens.peek().kind() == Kind.NAME && tokens.peekSecond().is(Kind.OPERATOR, "=")) {
                String name = tokens.expectName();
                tokens.take();
                given.named().put(name, expression());
            } else {
                given.positional().add(expression());
            }
            if (!tokens.isOperator(")")) {
                tokens.expectOperator(",");
            }
        }
        return given;
    }

    private Expression filters(Expression first) {
        Expression value = first;
        while (true) {
            if (tokens.skipOperator("|")) {
                value = filter(value);
            } else if (tokens.skipName("is")) {
                value = test(value);
            } else if (tokens.isOperator("(")) {
                value = new Call(value, given());
            } else {
                return value;
            }
        }
    }

    /** Reads the name of a filter and its arguments. */
    Expression filter(Expression value) {
        int line = tokens.line();
        String name = dottedName();
        Filters.Filter filter = known(Filters.CATALOG, name, "filter", line);
        Call.Given given = given();
        return scope -> {
            scope.budget().step();
            return filter.apply(value.valueIn(scope), given.valuesIn(scope), scope.budget());
        };
    }

    private Expression test(Expression value) {
        boolean negated = tokens.skipName("not");
        int line = tokens.line();
        String name = dottedName();
        Tests.Test test = known(Tests.CATALOG, name, "test", line);
        Call.Given given = tokens.isOperator("(") ? given() : bareArgument();
        return scope -> {
            scope.budget().step();
            return test.isSo(value.valueIn(scope), given.valuesIn(scope)) != negated;
        };
    }

    /** As in {@code x is divisibleby 3}. */
    private Call.Given bareArgument() {
        Token token = tokens.peek();
        boolean begins =
                switch (token.kind()) {
                    case NAME ->
                        !Set.of("else", "or", "and", "if", "is", "in", "not", "recursive")
                                .contains(token.text());
                    case STRING, INTEGER, FLOAT -> true;
                    default -> tokens.isOperator("[") || tokens.isOperator("{");
                };
        return begins ? new Call.Given(List.of(behind(primary())), Map.of(), List.of(), List.of()) : Call.Given.NOTHING;
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(tokens.expectName());
        while (tokens.skipOperator(".")) {
            name.append('.').append(tokens.expectName());
        }
        return name.toString();
    }

    private static <T> T known(Map<String, T> catalog, String name, String kind, int line) {
        try {
            return Filters.named(catalog, name, kind);
        } catch (TemplateException e) {
            throw e.in(line);
        }
    }
}
