package io.bactrian.tokenizer.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/** Python's arithmetic: whole numbers without a limit are {@link Long} or {@link BigInteger}, others {@link Double}; true is one. */
final class Numbers {
    private static final BigInteger MIN = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

    /** Beyond this an exponent makes a number that no prompt has. */
    private static final int MAX_EXPONENT = 1024;

    /** Of digits of a double that tell it from its neighbours. */
    private static final int MAX_DIGITS = 17;

    private Numbers() {}

    static boolean isNumber(Object value) {
        return value instanceof Long
                || value instanceof Double
                || value instanceof BigInteger
                || value instanceof Boolean;
    }

    static boolean isWhole(Object value) {
        return value instanceof Long || value instanceof BigInteger;
    }

    static Object small(BigInteger value) {
        return value.compareTo(MIN) >= 0 && value.compareTo(MAX) <= 0 ? (Object) value.longValue() : value;
    }

    /** Returns a whole number that fits an index. */
    static int index(Object value) {
        if (isWhole(value) || value instanceof Boolean) {
            BigInteger big = big(value);
            if (big.bitLength() < Integer.SIZE) {
                return big.intValue();
            }
        }
        throw new TemplateException(Values.kind(value) + " where a whole number of 32 bits is expected");
    }

    static Object calculate(String operator, Object left, Object right) {
        if (!isNumber(left) || !isNumber(right)) {
            throw Values.unsuited(operator, left, right);
        }
        if (operator.equals("/")) {
            return divide(real(left), real(right));
        }
        if (left instanceof Double || right instanceof Double) {
            return ofReals(operator, real(left), real(right));
        }
        return ofWholes(operator, big(left), big(right));
    }

    private static Object divide(double left, double right) {
        if (right == 0) {
            throw new TemplateException("division by zero");
        }
        return left / right;
    }

    private static Object ofReals(String operator, double left, double right) {
        return switch (operator) {
            case "+" -> left + right;
            case "-" -> left - right;
            case "*" -> left * right;
            case "**" -> Math.pow(left, right);
            case "//" -> Math.floor((double) divide(left, right));
            default -> left - right * Math.floor((double) divide(left, right));
        };
    }

    private static Object ofWholes(String operator, BigInteger left, BigInteger right) {
        if (right.signum() == 0 && (operator.equals("//") || operator.equals("%"))) {
            throw new TemplateException("division by zero");
        }
        return switch (operator) {
            case "+" -> small(left.add(right));
            case "-" -> small(left.subtract(right));
            case "*" -> small(left.multiply(right));
            case "**" -> power(left, right);
            case "//" -> small(left.subtract(floorMod(left, right)).divide(right));
            default -> small(floorMod(left, right));
        };
    }

    private static Object power(BigInteger left, BigInteger right) {
        if (right.signum() < 0) {
            return Math.pow(left.doubleValue(), right.doubleValue());
        }
        if (left.bitLength() > 1 && right.compareTo(BigInteger.valueOf(MAX_EXPONENT)) > 0) {
            throw new TemplateException("an exponent above " + MAX_EXPONENT);
        }
        return small(left.pow(right.min(BigInteger.valueOf(MAX_EXPONENT)).intValue()));
    }

    private static BigInteger floorMod(BigInteger left, BigInteger right) {
        BigInteger remainder = left.remainder(right);
        return remainder.signum() != 0 && remainder.signum() != right.signum() ? remainder.add(right) : remainder;
    }

    static int compare(Object left, Object right) {
        if (left instanceof Double || right instanceof Double) {
            return Double.compare(real(left), real(right));
        }
        return big(left).compareTo(big(right));
    }

    static boolean equal(Object left, Object right) {
        return left instanceof Double || right instanceof Double
                ? real(left) == real(right)
                : big(left).equals(big(right));
    }

    static double real(Object value) {
        return value instanceof Boolean flag ? (flag ? 1 : 0) : number(value).doubleValue();
    }

    private static Number number(Object value) {
        if (value instanceof Number number) {
            return number;
        }
        throw new TemplateException(Values.kind(value) + " where a number is expected");
    }

    static BigInteger big(Object value) {
        if (value instanceof BigInteger big) {
            return big;
        }
        return BigInteger.valueOf(
                value instanceof Boolean flag ? (flag ? 1 : 0) : number(value).longValue());
    }

    /** Writes a double with the fewest digits that tell it from its neighbours, in the form that Python gives it. */
    static String write(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        BigDecimal shortest = shortest(value);
        String digits = shortest.unscaledValue().abs().toString();
        int exponent = digits.length() - shortest.scale() - 1; // of the first digit
        String sign = value < 0 ? "-" : "";
        if (exponent < -4 || exponent >= 16) {
            String rest = digits.length() > 1 ? "." + digits.substring(1) : "";
            String power = (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
            return sign + digits.charAt(0) + rest + "e" + (exponent < 0 ? "-" : "+") + power;
        }
        String plain = shortest.abs().toPlainString();
        return sign + (plain.contains(".") ? plain : plain + ".0");
    }

    private static BigDecimal shortest(double value) {
        BigDecimal exact = new BigDecimal(value);
        for (int digits = 1; digits < MAX_DIGITS; digits++) {
            BigDecimal rounded = exact.round(new MathContext(digits));
            if (rounded.doubleValue() == value) {
                return rounded.stripTrailingZeros();
            }
        }
        return exact.round(new MathContext(MAX_DIGITS)).stripTrailingZeros();
    }
}
