package io.bactrian.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.bactrian.request.Api;
import io.bactrian.request.InferenceException;
import io.bactrian.request.MediaItem;
import io.bactrian.request.Prompt;
import io.bactrian.request.RequestBytes;
import io.bactrian.request.RequestHeaders;
import org.junit.jupiter.api.Test;

class MediaItemsTest {
    private static final String CAT = "{'type':'image_url','image_url':{'url':'https://example.com/cat.png'}}";

    /** SHA-256 of {@code {"url":"https://example.com/cat.png"}}. */
    private static final String CAT_HASH = sha256("{\"url\":\"https://example.com/cat.png\"}");

    @Test
    void eachItemHasItsPlaceInTokens() {
        // "user" and "Look" are two tokens, the cat 225, "Then" one more.
        Prompt prompt = read(
                Api.CHAT_COMPLETIONS,
                "{'model':'m','messages':[{'role':'user','content':[{'type':'text','text':'Look'}," + CAT
                        + ",{'type':'text','text':'Then'},{'type':'video_url','video_url':'v'}," + CAT + "]}]}");

        assertThat(prompt.media())
                .containsExactly(
                        new MediaItem("image", CAT_HASH, 2, 225),
                        new MediaItem("video", sha256("\"v\""), 228, 4500),
                        new MediaItem("image", CAT_HASH, 4728, 225));
        assertThat(prompt.mediaItems()).isEqualTo(3);
    }

    @Test
    void aSoundIsAsLongAsItsJson() {
        String sound = "{'data':'AAAA','format':'wav'}";
        Prompt prompt = read(
                Api.CHAT_COMPLETIONS,
                "{'model':'m','messages':[{'role':'user','content':[{'type':'input_audio','input_audio':" + sound
                        + "}]}]}");

        assertThat(prompt.media())
                .containsExactly(new MediaItem("audio", sha256(sound.replace('\'', '"')), 1, (sound.length() + 3) / 4));
    }

    @Test
    void ofTokenIdsTheClientSaysWhichArePictures() {
        Prompt prompt = read(
                Api.GENERATE,
                "{'features':{'mm_placeholders':{'image':[{'offset':5,'length':20},{'length':3}],'x':7},"
                        + "'other':[{}],'mm_hashes':{'image':['h1','h2','h3'],'audio':[null,'h4'],'video':{}}},"
                        + "'token_ids':[1,2]}");

        assertThat(prompt.media())
                .containsExactly(
                        new MediaItem("image", "h1", 5, 20),
                        new MediaItem("image", "h2", 0, 3),
                        new MediaItem("image", "h3", 0, 0),
                        new MediaItem("audio", "h4", 0, 0));
        assertThat(prompt.mediaItems()).isEqualTo(4);
    }

    @Test
    void hostileFeaturesAreRefused() {
        String hashes = "'h',".repeat(8200) + "'h'";

        assertThatThrownBy(() ->
                        read(Api.GENERATE, "{'features':{'mm_hashes':{'image':[" + hashes + "]}},'token_ids':[1]}"))
                .isInstanceOf(InferenceException.class)
                .hasMessage("features: too many items (expected: at most 4096)");
        assertThatThrownBy(() -> read(
                        Api.GENERATE,
                        "{'features':{'mm_hashes':{'image':['" + "h".repeat(257) + "']}},'token_ids':[1]}"))
                .hasMessage("features.mm_hashes: too long (expected: at most 256 characters)");
    }

    @Test
    void textHasNone() {
        assertThat(read(Api.COMPLETIONS, "{'model':'m','prompt':['a','b']}").media())
                .isEmpty();
    }

    private static Prompt read(Api api, String body) {
        byte[] bytes = body.replace('\'', '"').getBytes(UTF_8);
        return new BodyReader(1 << 20)
                .read("id", api, RequestHeaders.NONE, RequestBytes.of(bytes))
                .request()
                .prompt();
    }

    private static String sha256(String text) {
        try {
            byte[] digest = java.security.MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
            return java.util.HexFormat.of().formatHex(digest);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
