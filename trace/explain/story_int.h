// What the rules of a story share. Each rule adds sentences with a rank; the best are kept, in the order of events.
#ifndef RETICK_STORY_INT_H
#define RETICK_STORY_INT_H

#include "trace/explain/said.h"
#include "trace/explain/story_tell.h"

#define TICK__TOLD_MOST 32
#define TICK__ALL_TOLD 6 // beyond so many deviations, those that the failure did not come of matter less
struct tick__telling {
    const struct tick__tale *tale;
    const struct tick__beside *beside;                      // NULL: there is none
    const struct tick__tale *good;                          // the same
    const char *there;                                      // "in the good run"
    uint32_t part;                                          // what is before is common to both; `first` without a run beside
    uint32_t end;                                           // the verdict's seq, else the last
    struct tick__tale_set chain;                            // of what the end came
    const struct tick__tale_message *told[TICK__TOLD_MOST]; // messages that a sentence about a read names already
    size_t told_count;
    bool goes_round; // so many messages say again what was said before that no single one tells more
    uint32_t *marks; // events whose texts are told with the deadlines
    size_t marks_count;
    struct tick__story *story;
    int code; // -ENOMEM once memory has run out
};
// A new sentence about an event: who, when and where are filled in. Never NULL: without memory one that is thrown away.
struct tick__sentence *tick__story_add(struct tick__telling *telling, uint32_t seq, enum tick__sentence_class class, int rank);
struct tick__sentence *tick__story_last(const struct tick__telling *telling); // the one that was added last; never NULL
// Whether an event is of the chain, and not common to both runs.
bool tick__story_hot(const struct tick__telling *telling, uint32_t seq);

// The rules, in the order in which they are asked.
void tick__story_decisions(struct tick__telling *telling); // each deviation, and where it bears
void tick__story_waits(struct tick__telling *telling);     // who waits in vain, where that is how it ends
void tick__story_reads(struct tick__telling *telling);     // answers to somebody else's questions, several senders in one read
void tick__story_shared(struct tick__telling *telling);    // writes that come of an old read
void tick__story_files(struct tick__telling *telling);     // syncs that succeed after one that failed
void tick__story_repeats(struct tick__telling *telling);   // datagrams that say again what was said before
void tick__story_gone(struct tick__telling *telling);      // answers to those who have hung up
void tick__story_order(struct tick__telling *telling);     // what both runs say, in another order
void tick__story_deadlines(struct tick__telling *telling); // deadlines that pass
void tick__story_withheld(struct tick__telling *telling);  // what the failing task never says, and since when that waits
void tick__story_moments(struct tick__telling *telling);   // marks, logs, exceptions, crashes
void tick__story_wakes(struct tick__telling *telling);     // wake-ups that come to nothing
void tick__story_timers(struct tick__telling *telling);    // timers that are quicker than who set them, and has been woken
void tick__story_later(struct tick__telling *telling);     // what a callback left for later, and something else was before
void tick__story_given(struct tick__telling *telling);     // what is given to who has been cancelled already
void tick__story_handed(struct tick__telling *telling);    // connections that are used again, and owe an answer
void tick__story_absent(struct tick__telling *telling);    // what came in the run beside, and did not here
void tick__story_together(struct tick__telling *telling);  // what one turn takes in, and several in the run beside
void tick__story_messages(struct tick__telling *telling);  // what was sent on the way to the failure
void tick__story_named(struct tick__telling *telling);     // what those were told whom the verdict names
void tick__story_several(struct tick__telling *telling);   // what went to several hosts alike, and not to all
void tick__story_closed(struct tick__telling *telling);    // connections that are closed on the failing task
void tick__story_granted(struct tick__telling *telling);   // what those were told who write over each other

// What became of a send that was cut short, beside its decision.
void tick__story_short(const struct tick__telling *telling, const struct tick__tale_choice *choice, struct tick__sentence *decided);

// The task that an event woke, or that told it: of an io_complete, who goes on with its bytes.
uint32_t tick__story_reader(const struct tick__tale *tale, uint32_t seq);
// The messages whose bytes an io_complete took in, in the order in which they were sent, and who goes on with them.
#define TICK__READ_MOST 16
struct tick__story_read {
    uint32_t seq, reader;
    const struct tick__tale_message *messages[TICK__READ_MOST];
    size_t count;
};
void tick__story_taken_in(const struct tick__tale *tale, uint32_t seq, struct tick__story_read *read);
// The latest io_complete that took in bytes of a connection (0: of any) in an event's step before it; else the one that the step was woken
// by; 0: there is none.
uint32_t tick__story_intake(const struct tick__tale *tale, uint32_t seq, uint32_t connection);
// Which message of the other direction a message answers; NULL: none.
const struct tick__tale_message *tick__story_question(const struct tick__tale *tale, const struct tick__tale_message *answer);
// The last message the other way that had come before it, if nothing has answered that: also where its sender's step did not read it.
const struct tick__tale_message *tick__story_asked(const struct tick__tale *tale, const struct tick__tale_message *answer);
// `, the answer to "lock 0" of 148 ms`: what it asked, behind words that are given; nothing if that is not known.
void tick__story_say_question(
    const struct tick__tale *tale, const struct tick__tale_message *answer, const char *words, struct tick__said *said);
// What an event's step had read before it: `, now that "GET /8" of client has come`; nothing if it had read nothing.
void tick__story_say_read(const struct tick__tale *tale, uint32_t seq, struct tick__said *said);
// The first number in what a message says: its digits' place and how many they are; 0: there is none.
size_t tick__story_number(const struct tick__tale_message *message, const char **digits);
// Whether it says that number, as the whole of a run of digits.
bool tick__story_has_number(const struct tick__tale_message *message, const char *digits, size_t length);
// The first that comes the other way on its connection after it came, up to an event; NULL: nothing does.
const struct tick__tale_message *tick__story_answer(const struct tick__tale *tale, const struct tick__tale_message *question, uint32_t end);
// Whether two hosts' names are the same but for their numbers.
bool tick__story_alike(const struct tick__tale *tale, uint32_t host, uint32_t other);
// "a, b and c": adds one of `count` to a list.
void tick__story_list(struct tick__said *said, size_t index, size_t count);

#endif
