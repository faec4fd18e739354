// What is observed of a run: 128 bits over its calls, their arguments and results, the bytes that they moved, the times at which they were
// made and the deviations. Two runs of one schedule have the same. Only a run whose digest is asked for pays for it.
#include "sim/guest/inside_int.h"
#include <string.h>

bool tick__guest_observed;

// Two lanes that take the same words in different ways: a word that is lost in one of them is not in the other.
static inline void take(uint64_t *digest, uint64_t word) {
    digest[0] = tick_id_mix(digest[0], word);
    digest[1] = (digest[1] ^ word) * 0x9fb21c651e98df25u;
    digest[1] ^= digest[1] >> 29;
}

void tick__guest_digest_begins(bool wanted) {
    uint64_t *digest = tick__guest_control->outcome.digest;
    digest[0] = digest[1] = 0;
    tick__guest_observed = wanted;
    if (wanted)
        take(digest, (uint64_t)tick_kernel_now(tick__guest_kernel));
}

void tick__guest_digest_words(const uint64_t *words, size_t count) {
    uint64_t digest[2];
    memcpy(digest, tick__guest_control->outcome.digest, sizeof digest);
    for (size_t i = 0; i < count; i++)
        take(digest, words[i]);
    memcpy(tick__guest_control->outcome.digest, digest, sizeof digest);
}

void tick__guest_digest_bytes(const void *bytes, size_t count) {
    uint64_t digest[2];
    memcpy(digest, tick__guest_control->outcome.digest, sizeof digest);
    take(digest, count);
    for (size_t at = 0; at < count; at += 8) {
        uint64_t word = 0;
        memcpy(&word, (const char *)bytes + at, count - at < 8 ? count - at : 8);
        take(digest, word);
    }
    memcpy(tick__guest_control->outcome.digest, digest, sizeof digest);
}

static void parts(const struct iovec *of, size_t count, size_t bytes) {
    for (size_t i = 0; i < count && bytes; i++) {
        const size_t some = of[i].iov_len < bytes ? of[i].iov_len : bytes;
        tick__guest_digest_bytes(of[i].iov_base, some);
        bytes -= some;
    }
}

void tick__guest_digest_call(long nr, const long *args, long result) {
    const struct tick__guest_entry *entry = tick__guest_entry(nr);
    uint64_t words[10];
    size_t used = 0;
    if (entry->shape == TICK__ADDRESS)
        return; // its result is the machine's affair
    words[used++] = (uint64_t)nr;
    words[used++] = (uint64_t)result;
    words[used++] = (uint64_t)tick_kernel_now(tick__guest_kernel);
    words[used++] = tick__guest_self()->id;
    for (int i = 0; i < 6; i++)
        if (entry->numbers >> i & 1)
            words[used++] = (uint64_t)args[i];
    tick__guest_digest_words(words, used);
    const void *at = (const void *)args[entry->at];
    const struct msghdr *message = at;
    if (entry->shape == TICK__TWO && result >= 0)
        tick__guest_digest_bytes(at, 2 * sizeof(int));
    if (result <= 0)
        return;
    if (entry->shape == TICK__BYTES)
        tick__guest_digest_bytes(at, (size_t)result < (size_t)args[entry->at + 1] ? (size_t)result : (size_t)args[entry->at + 1]);
    else if (entry->shape == TICK__PARTS)
        parts(at, (size_t)args[entry->at + 1], (size_t)result);
    else if (entry->shape == TICK__MESSAGE)
        parts(message->msg_iov, message->msg_iovlen, (size_t)result);
}
