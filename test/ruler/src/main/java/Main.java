import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import software.amazon.event.ruler.Machine;

/**
 * Asks Event Ruler whether events match patterns.
 *
 * <p>Each line of the standard input is {"pattern": TEXT, "event": TEXT}, where both are JSON written
 * as a string, so that the spelling of a number or a repeated key arrives as it is. Each line of the
 * standard output answers one of them: {"match": true or false}, {"refused": why} for a pattern that
 * Event Ruler does not take, {"error": why} for an event that it does not take.
 */
public final class Main {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Main() {}

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            JsonNode pair = JSON.readTree(line);
            out.println(JSON.writeValueAsString(judge(pair.get("pattern").textValue(), pair.get("event").textValue())));
        }
        out.flush();
    }

    /** A machine of its own for each pattern: rules beside it must not matter, and here they cannot. */
    private static Map<String, Object> judge(String pattern, String event) {
        Machine machine = new Machine();
        try {
            machine.addRule("rule", pattern);
        } catch (Exception e) { // bad JSON is an IOException, a bad wildcard or number a RuntimeException
            return Map.of("refused", String.valueOf(e.getMessage()));
        }
        try {
            return Map.of("match", !machine.rulesForJSONEvent(event).isEmpty());
        } catch (Exception e) {
            return Map.of("error", String.valueOf(e.getMessage()));
        }
    }
}
