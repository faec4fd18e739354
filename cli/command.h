// The commands: each parses its own arguments (argv[0] is "retick run") and returns the exit code.
#ifndef RETICK_CLI_COMMAND_H
#define RETICK_CLI_COMMAND_H

// X(name, what it does)
#define TICK__COMMANDS(X) \
    X(run, "run a scenario once and record it") \
    X(fuzz, "look for a schedule under which a scenario fails, and shrink it") \
    X(replay, "run a schedule or a trace again") \
    X(test, "run scenarios and the schedules that are kept of them, as tests") \
    X(shrink, "find a smaller schedule that fails in the same way") \
    X(check, "prove that runs of a scenario repeat, or show where they do not") \
    X(explain, "tell in sentences how a run came to its end") \
    X(whatif, "run a trace again with one answer of the outside changed") \
    X(diff, "show the first difference of two traces") \
    X(view, "show a run, beside one that passes, as a page for a browser") \
    X(graph, "draw a trace's tasks and messages") \
    X(export, "write a trace in the format of another tool") \
    X(query, "ask a trace in SQL, or by the name of a query") \
    X(redact, "copy a trace without texts and payloads, to show to others") \
    X(recover, "complete a trace after its writer was killed") \
    X(digest, "print the digest and verdict of each seed")

#define TICK__COMMAND_DECLARE(name, purpose) int tick__cmd_##name(int argc, char **argv);
TICK__COMMANDS(TICK__COMMAND_DECLARE)
#undef TICK__COMMAND_DECLARE

#endif
