#include "sim/native/heap_check.h"
#include "sim/native/stage.h"
#include "src/loop/loop_int.h"
#include <execinfo.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)
#define FRAMES 10
#define WHO 40
#define GUARDED_MOST 20000 // beyond so many blocks in use their guards are left out: the system's number of mappings is bounded
#define BESIDE 0xb5        // the pattern

// What was done to a block, where and by whom.
struct deed {
    void *frames[FRAMES];
    uint32_t count;
    char who[WHO];
};

struct record {
    char *memory;
    size_t size;
    uint32_t page, pages; // the guard among them
    uint32_t next;        // of those that are freed, the one that was freed after it; 0: none
    bool freed, guarded;
    struct deed made, gone;
};

struct tick_heap_check {
    char *span;
    size_t pages, used;      // used: were given out, from the span's beginning
    size_t room, count;      // records: 1 .. count
    size_t live;             // in use
    uint32_t oldest, newest; // of those that are freed
    size_t mapped;
    struct record *records;
    uint32_t by_page[]; // its record, for each page that was given out
};

static size_t rounded(size_t size, size_t to) {
    return (size + to - 1) / to * to;
}

struct tick_heap_check *tick_heap_check_new(char *span, size_t size) {
    const size_t pages = size / PAGE, room = pages / 2, head = rounded(sizeof(struct tick_heap_check) + pages * sizeof(uint32_t), PAGE);
    const size_t mapped = head + (room + 1) * sizeof(struct record);
    struct tick_heap_check *check = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (check == MAP_FAILED)
        return NULL;
    if (mprotect(span, size, PROT_NONE) < 0) {
        munmap(check, mapped);
        return NULL;
    }
    void *frame[1];
    backtrace(frame, 1); // loads the unwinder, which allocates
    *check = (struct tick_heap_check){.span = span, .pages = pages, .room = room, .mapped = mapped};
    check->records = (struct record *)(void *)((char *)check + head);
    return check;
}

void tick_heap_check_free(struct tick_heap_check *check) {
    if (check)
        munmap(check, check->mapped);
}

void tick_heap_check_reset(struct tick_heap_check *check) {
    if (check->used) {
        madvise(check->span, check->used * PAGE, MADV_DONTNEED);
        mprotect(check->span, check->used * PAGE, PROT_NONE);
    }
    check->used = check->count = check->live = 0;
    check->oldest = check->newest = 0;
}

static void note(struct deed *deed) {
    deed->count = (uint32_t)backtrace(deed->frames, FRAMES);
    const struct tick_task *task = tick_task_current();
    if (task)
        tick__task_called(task, deed->who, sizeof deed->who);
    else
        memcpy(deed->who, "a callback", sizeof "a callback");
}

// --- pages ---

static char *page_at(const struct tick_heap_check *check, const struct record *record) {
    return check->span + (size_t)record->page * PAGE;
}

static struct record *fresh(struct tick_heap_check *check, size_t pages) {
    if (check->pages - check->used < pages || check->count == check->room)
        return NULL;
    struct record *record = &check->records[++check->count];
    *record = (struct record){.page = (uint32_t)check->used, .pages = (uint32_t)pages};
    for (size_t i = 0; i < pages; i++)
        check->by_page[check->used++] = (uint32_t)check->count;
    return record;
}

// Of those that are freed, the oldest that is large enough.
static struct record *again(struct tick_heap_check *check, size_t pages) {
    uint32_t before = 0;
    for (uint32_t each = check->oldest; each; before = each, each = check->records[each].next) {
        struct record *record = &check->records[each];
        if (record->pages < pages)
            continue;
        *(before ? &check->records[before].next : &check->oldest) = record->next;
        if (check->newest == each)
            check->newest = before;
        record->next = 0;
        return record;
    }
    return NULL;
}

// --- blocks ---

static char *end_of(const struct tick_heap_check *check, const struct record *record) {
    return page_at(check, record) + (record->pages - 1) * PAGE;
}

void *tick_heap_check_alloc(struct tick_heap_check *check, size_t alignment, size_t size, uint8_t poison) {
    if (alignment < 16)
        alignment = 16;
    const size_t more = alignment > PAGE ? alignment : 0, pages = rounded(size ? size : 1, PAGE) / PAGE + more / PAGE + 1;
    struct record *record = fresh(check, pages);
    if (!record)
        record = again(check, pages);
    if (!record)
        return NULL;
    const bool guarded = check->live < GUARDED_MOST;
    char *begin = page_at(check, record), *end = end_of(check, record);
    if (mprotect(begin, (record->pages - guarded) * PAGE, PROT_READ | PROT_WRITE) < 0)
        return NULL;
    char *memory = (char *)(((uintptr_t)end - size) & ~(uintptr_t)(alignment - 1));
    memset(begin, BESIDE, (size_t)(memory - begin));
    memset(memory, poison, size);
    memset(memory + size, BESIDE, (size_t)(end - (memory + size)));
    record->memory = memory;
    record->size = size;
    record->guarded = guarded;
    record->freed = false;
    note(&record->made);
    check->live++;
    return memory;
}

static uint32_t find(const struct tick_heap_check *check, const void *address) {
    const uintptr_t page = ((uintptr_t)address - (uintptr_t)check->span) / PAGE;
    return (uintptr_t)address >= (uintptr_t)check->span && page < check->used ? check->by_page[page] : 0;
}

size_t tick_heap_check_size(const struct tick_heap_check *check, const void *memory) {
    const uint32_t number = find(check, memory);
    const struct record *record = &check->records[number];
    return number && record->memory == memory && !record->freed ? record->size : 0;
}

// --- in words ---

static void say_deed(struct tick__line *to, const char *what, const struct deed *deed) {
    tick__line_put(to, what);
    const void *place = tick__programs_own(deed->frames, deed->count);
    if (place) {
        tick__line_put(to, " at ");
        if (!tick__line_place(to, place))
            tick__line_put(to, "some place");
    }
    tick__line_put(to, " by ");
    tick__line_put(to, deed->who);
}

static void say_block(struct tick__line *to, const struct record *record) {
    tick__line_number(to, record->size);
    tick__line_put(to, record->size == 1 ? " byte, " : " bytes, ");
    say_deed(to, "allocated", &record->made);
    if (record->freed)
        say_deed(to, ", freed", &record->gone);
}

static const char *beside(const char *from, const char *to) {
    while (from < to && (uint8_t)*from == BESIDE)
        from++;
    return from < to ? from : NULL;
}

// Whether the pattern around a block in use is whole.
static bool is_whole(const struct tick_heap_check *check, const struct record *record, struct tick__line *why) {
    const char *before = beside(page_at(check, record), record->memory);
    const char *behind = beside(record->memory + record->size, end_of(check, record));
    if (!before && !behind)
        return true;
    tick__line_put(why, before ? "written before the beginning of " : "written beyond the end of ");
    say_block(why, record);
    return false;
}

bool tick_heap_check_release(struct tick_heap_check *check, void *memory, struct tick__line *why) {
    const uint32_t number = find(check, memory);
    struct record *record = &check->records[number];
    if (!number) {
        tick__line_put(why, "free of what was never allocated");
        return false;
    }
    if (record->memory != memory) {
        tick__line_put(why, "free of a place within ");
        say_block(why, record);
        return false;
    }
    if (record->freed) {
        tick__line_put(why, "double free of ");
        say_block(why, record);
        return false;
    }
    if (!is_whole(check, record, why))
        return false;
    note(&record->gone);
    record->freed = true;
    check->live--;
    mprotect(page_at(check, record), record->pages * PAGE, PROT_NONE);
    *(check->newest ? &check->records[check->newest].next : &check->oldest) = number;
    check->newest = number;
    return true;
}

bool tick_heap_check_holds(const struct tick_heap_check *check, struct tick__line *why) {
    for (size_t i = 1; i <= check->count; i++)
        if (!check->records[i].freed && !is_whole(check, &check->records[i], why))
            return false;
    return true;
}

bool tick_heap_check_explain(const struct tick_heap_check *check, const void *address, struct tick__line *why) {
    const uint32_t number = find(check, address);
    const struct record *record = &check->records[number];
    if (!number)
        return false;
    if (record->freed) {
        tick__line_put(why, "use after free of ");
    } else {
        tick__line_put(why, "access to byte ");
        tick__line_number(why, (uint64_t)((const char *)address - (record->memory + record->size)) + 1);
        tick__line_put(why, " beyond the end of ");
    }
    say_block(why, record);
    return true;
}
