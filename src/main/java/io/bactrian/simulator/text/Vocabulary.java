package io.bactrian.simulator.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The tokens pretend models write. Every one is plain ASCII that needs no escaping in JSON, and written one after another
 * they are split by {@link DummyTokenizer} into just these tokens, so that an answer sent back as part of a prompt finds
 * the KV blocks it left behind.
 */
public final class Vocabulary {
    private static final String[] WORDS = """
            a about across after again air all along also always an and animal answer any around as ask at away back be
            because before begin below better between both bring build but by call camel can caravan carry change city clear
            cloud cold come cool could cross dark day deep desert did do does down draw dry dune each early earth east end
            enough even ever every eye face far fast few field find fire first follow food for form found from full gather
            get give go good great green ground grow had half hand hard has have he head hear heat help her here high hill
            him his hold home hot hour house how hump if in into is it just keep kind know land large last late lead learn
            leave left less let life light like line list little live long look low made make man many map may mean might
            mile moon more most mountain move much must name near need never new next night north not now number of off old
            on once one only open or other our out over own part path people place plain plant point put rain read rest
            right river road rock run said same sand saw say sea see seem set she show side sky sleep slow small so some
            soon south stand star start stay step still stone stop story such sun take talk tell than that the their them
            then there these they thing think this those through time to together trade travel tree turn two under until up
            us use very walk want warm was watch water way we well were west what when where which while white who why wide
            will wind with word work world would year you young""".split("\\s+");

    private static final int COMMA = 2 * WORDS.length;
    private static final int PERIOD = COMMA + 1;

    // Bytes of each token: first all words followed by a space, then all words bare, then comma and period.
    private static final byte[][] BYTES = bytes();
    private static final int[] IDS = ids();

    private Vocabulary() {}

    /** Returns the number of tokens. */
    public static int size() {
        return BYTES.length;
    }

    /** Returns the text of {@code token} in ASCII, not to be changed. */
    public static byte[] bytes(int token) {
        return BYTES[token];
    }

    /** Returns the id {@link DummyTokenizer} gives to {@code token}. */
    public static int id(int token) {
        return IDS[token];
    }

    static int words() {
        return WORDS.length;
    }

    static int spaced(int word) {
        return word;
    }

    static int bare(int word) {
        return WORDS.length + word;
    }

    static boolean isBare(int token) {
        return token >= WORDS.length && token < COMMA;
    }

    static int comma() {
        return COMMA;
    }

    static int period() {
        return PERIOD;
    }

    private static byte[][] bytes() {
        List<String> pieces = new ArrayList<>();
        for (String word : WORDS) {
            pieces.add(word + " ");
        }
        pieces.addAll(List.of(WORDS));
        pieces.add(", ");
        pieces.add(". ");
        return pieces.stream()
                .map(piece -> piece.getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
    }

    private static int[] ids() {
        int[] ids = new int[BYTES.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = DummyTokenizer.id(new String(BYTES[i], StandardCharsets.US_ASCII));
        }
        return ids;
    }
}
