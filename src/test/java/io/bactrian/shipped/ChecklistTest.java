package io.bactrian.shipped;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tests that docs/disaggregation.md names as proof are there. */
class ChecklistTest {
    /** Of the two tables: the first numbers its rows. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| (?:(\\d+) \\| )?[^|]* \\| (`\\w+Test[`.].*) \\|$");

    private static final Pattern NAME = Pattern.compile("`(\\w*Test)?(?:\\.(\\w+))?`");

    @Test
    void namesTestsThatExist() {
        Matcher row = ROW.matcher(YamlFiles.text(Path.of("docs/disaggregation.md")));
        List<Integer> numbers = new ArrayList<>();
        int others = 0;
        while (row.find()) {
            if (row.group(1) == null) {
                others++;
            } else {
                numbers.add(Integer.parseInt(row.group(1)));
            }
            Matcher name = NAME.matcher(row.group(2));
            String source = "";
            while (name.find()) {
                if (name.group(1) != null) {
                    String file = name.group(1) + ".java";
                    source = YamlFiles.under(Path.of("src/test/java"), file).stream()
                            .map(YamlFiles::text)
                            .reduce("", String::concat);
                }
                assertThat(source).as(row.group()).isNotEmpty();
                if (name.group(2) != null) {
                    assertThat(source).as(row.group()).contains("void " + name.group(2) + "(");
                }
            }
        }
        assertThat(numbers).hasSize(20).doesNotHaveDuplicates();
        assertThat(others).isEqualTo(9);
    }
}
