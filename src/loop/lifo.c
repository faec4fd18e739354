// Last in, first out: the example of a scheduler. Two stacks, so that snapshots never mix.
#include <retick/scheduler.h>

static struct tick_lifo *lifo_of(struct tick_scheduler *self) {
    return (struct tick_lifo *)self;
}

static void push(struct tick_scheduler *self, struct tick_ready *item) {
    struct tick_lifo *lifo = lifo_of(self);
    item->next = lifo->pushed;
    lifo->pushed = item;
    lifo->count++;
}

static size_t seal(struct tick_scheduler *self) {
    struct tick_lifo *lifo = lifo_of(self);
    const size_t count = lifo->count;
    lifo->sealed = lifo->pushed;
    lifo->pushed = NULL;
    lifo->count = 0;
    return count;
}

static struct tick_ready *pop(struct tick_scheduler *self) {
    struct tick_lifo *lifo = lifo_of(self);
    struct tick_ready *item = lifo->sealed;
    lifo->sealed = item->next;
    return item;
}

void tick_lifo_init(struct tick_lifo *lifo) {
    static const struct tick_scheduler_ops ops = {.name = "lifo", .push = push, .seal = seal, .pop = pop};
    *lifo = (struct tick_lifo){.scheduler = {&ops}};
}
