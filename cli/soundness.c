#include "cli/soundness.h"
#include "sim/choice/kinds_int.h"

#define SOUND "sound: "
#define MACHINES "each client is a machine of its own"

// The network of a program is its machine's loopback, and stands for that to its clients, as --network says. Where that has no latency it
// is one machine's, on which bytes are there at once.
static void on_loopback(const struct tick_guest_settings *settings, struct tick__soundness *out) {
    if (settings->latency > 0) {
        out->why = "sound if " MACHINES;
        out->assumes = MACHINES;
    } else {
        out->sound = false;
        out->why = "relaxed: one machine's loopback does not delay";
    }
}

struct tick__soundness tick__soundness_of(unsigned kind, const struct tick__loaded *loaded) {
    static const char *const because[] = {
#define BECAUSE(name, number, word, sound, rate, unit, manual, because) \
    [number] = (sound) == TICK_SOUND ? SOUND because : "relaxed: " because,
        TICK_CHOICES(BECAUSE)
#undef BECAUSE
    };
    const bool known = kind < TICK_CHOICE_KINDS && because[kind];
    struct tick__soundness out = {
        known && tick__kind_soundness(kind) == TICK_SOUND, known ? because[kind] : "of a kind that is not known here", NULL};
    if (loaded->guest && kind == TICK_CHOICE_DELIVERY)
        on_loopback(&loaded->guest->settings, &out);
    return out;
}
