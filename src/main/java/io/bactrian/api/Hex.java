package io.bactrian.api;

/** Reads hexadecimal digits. */
final class Hex {
    private Hex() {}

    /** Returns the value of one digit, or -1. */
    static int digit(int letter) {
        if (letter >= '0' && letter <= '9') {
            return letter - '0';
        }
        int lower = letter | 0x20;
        return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
    }

    /** Returns the value of four digits, or a negative number if one of them is none. */
    static int four(int first, int second, int third, int fourth) {
        return digit(first) << 12 | digit(second) << 8 | digit(third) << 4 | digit(fourth);
    }
}
