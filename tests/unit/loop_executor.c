// run_in_executor where there are no threads: jobs between two callbacks, and the time that a choice gives them.
#include "tests/support/loop_world.h"
#include <errno.h>
#include <retick/executor.h>

static struct world *w;
static int questions;
static tick_id subjects[8];
static uint32_t answer;

static uint32_t asked(struct world *world, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n) {
    (void)world;
    if (kind != TICK_CHOICE_JOB_TIME)
        return 0;
    assert_int_equal(ordinal, 0);
    assert_int_equal(n, tick_scale_count(TICK_MS(100)));
    subjects[questions++] = subject;
    return answer;
}

static int job(void *arg) {
    assert_null(tick_loop_running());
    assert_null(tick_task_current());
    say(w, "job%d", (int)(intptr_t)arg);
    return (int)(intptr_t)arg;
}
static int fails(void *arg) {
    (void)arg;
    return -EIO;
}

static int two(void *arg) {
    (void)arg;
    struct tick_future *a, *b;
    assert_int_equal(tick_run_in_executor(NULL, job, (void *)1, &a), 0);
    assert_int_equal(tick_run_in_executor(NULL, job, (void *)2, &b), 0);
    say(w, "submitted");
    assert_int_equal(tick_await(b), 0);
    say(w, "at%d", (int)(w->now / 1000));
    intptr_t value;
    assert_int_equal(tick_future_result(a, &value), 0);
    assert_int_equal(value, 1);
    tick_future_unref(a);
    tick_future_unref(b);
    assert_int_equal(tick_to_thread(fails, NULL), -EIO);
    return 0;
}

static void jobs_run_in_turn(void **state) {
    (void)state;
    w = world_new();
    assert_int_equal(tick_loop_run(w->loop, two, NULL), 0);
    assert_string_equal(w->log, "1:submitted 2:job1 2:job2 3:at0 ");
    world_free(w);
}

static struct tick_future *many[20];

// The rest waits in line, and what is cancelled there never runs.
static int more_than_threads(void *arg) {
    const intptr_t count = (intptr_t)arg;
    for (intptr_t i = 0; i < count; i++)
        assert_int_equal(tick_run_in_executor(NULL, job, (void *)i, &many[i]), 0);
    assert_true(tick_future_cancel(many[4], NULL)); // in the middle of the line, at its end, and when it has a thread
    assert_true(tick_future_cancel(many[count - 1], NULL));
    assert_true(tick_future_cancel(many[0], NULL));
    assert_int_equal(tick_await(many[count - 2]), 0);
    for (intptr_t i = 0; i < count; i++)
        tick_future_unref(many[i]);
    assert_int_equal(w->loop->executor.busy, 0);
    assert_null(w->loop->executor.line);
    assert_null(w->loop->executor.line_end);
    return 0;
}

static void jobs_wait_for_a_thread(void **state) {
    (void)state;
    static const struct {
        uint32_t threads;
        intptr_t jobs;
        const char *log;
    } rows[] = {
        {2, 8, "2:job1 3:job2 3:job3 4:job5 4:job6 "},
        {0, 12, "2:job1 2:job2 2:job3 2:job5 2:job6 2:job7 3:job8 3:job9 3:job10 "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        w = world_bare();
        struct tick_loop_options options = world_options(w);
        options.threads = rows[i].threads;
        world_open(w, &options);
        assert_int_equal(tick_loop_run(w->loop, more_than_threads, (void *)rows[i].jobs), 0);
        assert_string_equal(w->log, rows[i].log);
        world_free(w);
    }
}

static int leaves_a_line(void *arg) {
    (void)arg;
    for (intptr_t i = 0; i < 12; i++) {
        assert_int_equal(tick_run_in_executor(NULL, job, (void *)i, &many[i]), 0);
        tick_future_unref(many[i]);
    }
    return 0;
}
static void a_line_is_waited_for_and_goes_with_its_loop(void **state) {
    (void)state;
    w = world_new();
    assert_int_equal(tick_loop_run(w->loop, leaves_a_line, NULL), 0); // asyncio.run waits for all
    assert_string_equal(w->log, "2:job0 2:job1 2:job2 2:job3 2:job4 2:job5 2:job6 2:job7 3:job8 3:job9 3:job10 3:job11 ");
    world_free(w);
    w = world_new();
    struct tick_task *task = borrowed(tick_loop_spawn(w->loop, NULL, leaves_a_line, NULL));
    assert_int_equal(tick_loop_run_until(w->loop, tick_task_future(task)), 0);
    world_free(w); // close does not
}

static void a_choice_gives_them_time(void **state) {
    (void)state;
    for (int probed = 0; probed < 2; probed++) {
        questions = 0;
        answer = 2; // 10 us
        w = world_bare();
        w->choose = asked;
        w->sys_ops.choose = world_choose;
        struct tick_loop_options options = world_options(w);
        if (probed) {
            options.probe = &w->probe;
            options.object = world_object(&w->probe, &(struct tick_object){.type = TICK_OBJECT_HOST, .id = 7, .key = "host"});
        }
        world_open(w, &options);
        assert_int_equal(tick_loop_run(w->loop, two, NULL), 0);
        assert_string_equal(w->log, "1:submitted 3:job1 3:job2 4:at10 ");
        assert_int_equal(questions, 3);
        const tick_id main_task = tick_id_task(7, "main", 1);
        for (int i = 0; i < 3; i++) // the same with and without a probe
            assert_true(subjects[i] == tick_id_mix(tick_id_mix(main_task, TICK_OBJECT_JOB), (uint64_t)i + 1));
        world_free(w);
    }
}

static int cancels(void *arg) {
    (void)arg;
    struct tick_future *queued, *running;
    assert_int_equal(tick_run_in_executor(NULL, job, (void *)1, &queued), 0);
    assert_true(tick_future_cancel(queued, "no"));
    assert_int_equal(tick_await(queued), TICK_ECANCELED);
    tick_future_unref(queued);
    assert_int_equal(tick_run_in_executor(NULL, job, (void *)2, &running), 0);
    assert_int_equal(tick_sleep(0), 0);
    assert_int_equal(tick_sleep(0), 0);
    assert_false(tick_future_done(running));
    assert_true(tick_future_cancel(running, NULL)); // it has its thread: it runs, and its result is dropped
    tick_future_unref(running);
    assert_int_equal(tick_within(TICK_US(1), tick_to_thread(job, (void *)3)), TICK_ETIMEDOUT);
    return 0;
}

static void cancelled_in_the_queue_it_never_runs(void **state) {
    (void)state;
    questions = 0;
    answer = 3; // 100 us
    w = world_bare();
    w->choose = asked;
    w->sys_ops.choose = world_choose;
    struct tick_loop_options options = world_options(w);
    world_open(w, &options);
    assert_int_equal(tick_loop_run(w->loop, cancels, NULL), 0);
    assert_string_equal(w->log, "8:job2 8:job3 ");
    assert_int_equal(w->now, 100000); // the end of the run waited for both
    world_free(w);
}

static int leaves(void *arg) {
    struct tick_future *future;
    assert_int_equal(tick_run_in_executor(NULL, job, arg, &future), 0);
    tick_future_unref(future);
    return 0;
}

static void the_end_of_the_run_waits_and_close_does_not(void **state) {
    (void)state;
    questions = 0;
    answer = 4; // 1 ms
    w = world_bare();
    w->choose = asked;
    w->sys_ops.choose = world_choose;
    struct tick_loop_options options = world_options(w);
    world_open(w, &options);
    assert_int_equal(tick_loop_run(w->loop, leaves, (void *)1), 0);
    assert_int_equal(w->now, TICK_MS(1));
    world_free(w);
    w = world_new();
    struct tick_future *future, *late;
    assert_int_equal(tick_run_in_executor(w->loop, job, (void *)2, &future), 0);
    assert_int_equal(tick_loop_close(w->loop), 0);
    assert_false(tick_future_done(future));
    assert_int_equal(tick_run_in_executor(w->loop, job, (void *)2, &late), TICK_ECLOSED);
    tick_future_unref(future);
    assert_int_equal(w->logged, 0);
    world_free(w);
}

// --- no job is taken any more ---

static int ends_it(void *arg) {
    TICK_TRY(tick_executor_shutdown());
    say(w, "end%d", (int)(intptr_t)arg);
    return 0;
}

// One runs, one is cancelled in the queue, and two stand there still.
static int closes(void *arg) {
    struct tick_future *late;
    for (intptr_t i = 0; i < 4; i++)
        assert_int_equal(tick_run_in_executor(NULL, job, (void *)i, &many[i]), 0);
    assert_true(tick_future_cancel(many[1], NULL));
    assert_int_equal(tick_executor_close(arg != NULL), 0);
    assert_int_equal(tick_run_in_executor(NULL, job, NULL, &late), TICK_ECLOSED);
    if (arg) // the loop hears of it in its next iteration; who cancels it before that, cancels it
        assert_true(tick_future_cancel(many[3], "mine"));
    struct tick_task *first = tick_spawn(ends_it, (void *)1), *second = tick_spawn(ends_it, (void *)2);
    assert_false(tick_future_done(many[2]));
    assert_int_equal(tick_await(many[2]), arg ? TICK_ECANCELED : 0);
    assert_int_equal(tick_await(many[0]), 0);
    assert_int_equal(tick_await(many[3]), arg ? TICK_ECANCELED : 0);
    if (arg)
        assert_string_equal(tick_future_cancel_message(many[3]), "mine");
    assert_int_equal(tick_join(first), 0);
    assert_int_equal(tick_join(second), 0);
    assert_int_equal(tick_executor_shutdown(), 0);
    tick_task_unref(first);
    tick_task_unref(second);
    for (intptr_t i = 0; i < 4; i++)
        tick_future_unref(many[i]);
    return 0;
}

static void no_job_is_taken_any_more(void **state) {
    (void)state;
    static const char *const logs[] = {"2:job0 3:job2 4:job3 5:end1 5:end2 ", "2:job0 4:end1 4:end2 "};
    for (intptr_t cancel = 0; cancel < 2; cancel++) {
        w = world_bare();
        struct tick_loop_options options = world_options(w);
        options.threads = 1;
        world_open(w, &options);
        assert_int_equal(tick_loop_run(w->loop, closes, (void *)cancel), 0);
        assert_string_equal(w->log, logs[cancel]);
        assert_null(w->loop->executor.jobs);
        assert_null(w->loop->executor.waits);
        world_free(w);
    }
    assert_int_equal(tick_executor_close(true), TICK_EINVALSTATE); // no loop runs
}

// Each waits for itself: one is cancelled, the others go on; where no job ever was there is nothing to wait for.
static int waits_for_its_end(void *arg) {
    struct tick_future *future = NULL;
    if (arg)
        assert_int_equal(tick_run_in_executor(NULL, job, arg, &future), 0);
    tick_future_unref(future);
    struct tick_task *first = tick_spawn(ends_it, (void *)1), *second = tick_spawn(ends_it, (void *)2);
    assert_int_equal(tick_sleep(0), 0);
    tick_task_cancel(first, NULL);
    assert_int_equal(tick_join(second), 0);
    const bool waited = arg != NULL;
    assert_int_equal(tick_join(first), waited ? TICK_ECANCELED : 0);
    tick_task_unref(first);
    tick_task_unref(second);
    return 0;
}

static void each_waits_for_the_end_for_itself(void **state) {
    (void)state;
    questions = 0;
    answer = 3; // 100 us
    for (intptr_t jobs = 0; jobs < 2; jobs++) {
        w = world_bare();
        w->choose = asked;
        w->sys_ops.choose = world_choose;
        struct tick_loop_options options = world_options(w);
        world_open(w, &options);
        assert_int_equal(tick_loop_run(w->loop, waits_for_its_end, (void *)jobs), 0);
        assert_string_equal(w->log, jobs ? "4:job1 5:end2 " : "2:end1 2:end2 ");
        assert_null(w->loop->executor.waits);
        world_free(w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_run_in_turn),
        cmocka_unit_test(jobs_wait_for_a_thread),
        cmocka_unit_test(a_line_is_waited_for_and_goes_with_its_loop),
        cmocka_unit_test(a_choice_gives_them_time),
        cmocka_unit_test(cancelled_in_the_queue_it_never_runs),
        cmocka_unit_test(the_end_of_the_run_waits_and_close_does_not),
        cmocka_unit_test(no_job_is_taken_any_more),
        cmocka_unit_test(each_waits_for_the_end_for_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
