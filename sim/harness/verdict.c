#include "sim/harness/run.h"

static const char *const words[] = {
#define WORD(name, word, text) word,
    TICK_VERDICTS(WORD)
#undef WORD
};

static const char *const texts[] = {
#define TEXT(name, word, text) text,
    TICK_VERDICTS(TEXT)
#undef TEXT
};

const char *tick_verdict_word(enum tick_verdict verdict) {
    return (unsigned)verdict < sizeof words / sizeof *words ? words[verdict] : "unknown";
}

const char *tick_verdict_text(enum tick_verdict verdict) {
    return (unsigned)verdict < sizeof texts / sizeof *texts ? texts[verdict] : "unknown";
}
