// Signals of one process, as signal(7) has them: handlers, masks, waits that they end or that go on, signalfd, timers. Prints what it
// finds, which is the same under Linux and on the simulated kernel; or, with a word, ends by a signal.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t seen, last_code, last_value;

static void count(int number) {
    (void)number;
    seen++;
}

static void tell(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    seen++;
    last_code = info->si_code;
    last_value = info->si_value.sival_int;
}

static void handle(int number, int flags) {
    struct sigaction action = {.sa_flags = flags};
    if (flags & SA_SIGINFO)
        action.sa_sigaction = tell;
    else
        action.sa_handler = count;
    sigaction(number, &action, NULL);
    seen = 0;
}

static sigset_t set_of(int number) {
    sigset_t set;
    sigemptyset(&set);
    if (number)
        sigaddset(&set, number);
    return set;
}

static void block(int how, int number) {
    const sigset_t set = set_of(number);
    pthread_sigmask(how, &set, NULL);
}

static void in_ms(int ms, int every) {
    const struct itimerval value = {{0, every * 1000}, {0, ms * 1000}};
    setitimer(ITIMER_REAL, &value, NULL);
}

static long ms_since(const struct timespec *from) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (now.tv_sec - from->tv_sec) * 1000 + (now.tv_nsec - from->tv_nsec) / 1000000;
}

static const char *error_of(long result) {
    return result >= 0 ? "done" : errno == EINTR ? "EINTR" : errno == EAGAIN ? "EAGAIN" : strerror(errno);
}

// --- sent to oneself ---

static void to_oneself(void) {
    sigset_t pending;
    handle(SIGUSR1, 0);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    pthread_kill(pthread_self(), SIGUSR1);
    printf("to oneself: %d\n", (int)seen);
    block(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    sigpending(&pending);
    printf("blocked: %d, pending: %d\n", (int)seen, sigismember(&pending, SIGUSR1));
    block(SIG_UNBLOCK, SIGUSR1);
    sigpending(&pending);
    printf("unblocked: %d, pending: %d\n", seen > 3, sigismember(&pending, SIGUSR1));
    handle(SIGRTMIN, SA_SIGINFO);
    block(SIG_BLOCK, SIGRTMIN);
    for (int i = 1; i <= 3; i++)
        sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i});
    block(SIG_UNBLOCK, SIGRTMIN);
    printf("queued: %d, the last has %d, code %d\n", (int)seen, (int)last_value, (int)last_code);
    signal(SIGUSR2, SIG_IGN);
    kill(getpid(), SIGUSR2);
    printf("ignored\n");
}

static sigjmp_buf back;
static void jump(int number) {
    siglongjmp(back, number);
}

static void by_a_jump(void) {
    struct sigaction action = {.sa_handler = jump};
    sigset_t mask;
    sigaction(SIGUSR1, &action, NULL);
    for (volatile int i = 0; i < 3; i++)
        if (!sigsetjmp(back, 1))
            raise(SIGUSR1);
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    printf("jumped out, blocked: %d\n", sigismember(&mask, SIGUSR1));
}

// --- waits that it ends, or not ---

static void *nothing(void *arg) {
    return arg;
}

static void *writes_later(void *fd) {
    const struct timespec while_it_waits = {0, 60000000};
    nanosleep(&while_it_waits, NULL);
    return write(*(int *)fd, "x", 1) == 1 ? fd : NULL;
}

static void of_a_read(int flags, const char *words) {
    int ends[2];
    char byte;
    pthread_t writer;
    handle(SIGALRM, flags);
    block(SIG_BLOCK, SIGALRM);
    if (pipe(ends) || pthread_create(&writer, NULL, writes_later, &ends[1]))
        return;
    block(SIG_UNBLOCK, SIGALRM);
    in_ms(20, 0);
    const long got = read(ends[0], &byte, 1);
    printf("a read %s: %s, handled: %d\n", words, error_of(got), (int)seen);
    pthread_join(writer, NULL);
    close(ends[0]);
    close(ends[1]);
}

static void of_other_waits(void) {
    const struct timespec span = {1, 0};
    struct timespec left = span, from;
    struct pollfd none = {.fd = -1};
    sem_t sem;
    handle(SIGALRM, SA_RESTART);
    in_ms(20, 0);
    printf("a sleep: %s", error_of(nanosleep(&span, &left)));
    printf(", most of it left: %d\n", left.tv_sec == 0 && left.tv_nsec > 900000000);
    in_ms(20, 0);
    printf("a poll: %s\n", error_of(poll(&none, 1, 1000)));
    in_ms(20, 0);
    printf("a select: %s\n", error_of(select(0, NULL, NULL, NULL, &(struct timeval){1, 0})));
    const int epfd = epoll_create1(0);
    in_ms(20, 0);
    printf("an epoll: %s\n", error_of(epoll_wait(epfd, &(struct epoll_event){0}, 1, 1000)));
    close(epfd);
    handle(SIGALRM, 0);
    sem_init(&sem, 0, 0);
    in_ms(20, 0);
    printf("a semaphore: %s\n", error_of(sem_wait(&sem)));
    in_ms(20, 0);
    printf("a pause: %s, handled: %d\n", error_of(pause()), (int)seen);
    clock_gettime(CLOCK_MONOTONIC, &from);
    alarm(1);
    const unsigned rest = sleep(3);
    printf("an alarm: %d, %d s of the sleep left\n", ms_since(&from) >= 1000, (int)rest);
}

static void of_a_socket(void) {
    int ends[2];
    char byte;
    const struct timeval limit = {1, 0};
    handle(SIGALRM, SA_RESTART);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
        return;
    setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    in_ms(20, 0);
    printf("a receive with a limit: %s\n", error_of(recv(ends[0], &byte, 1, 0)));
    close(ends[0]);
    close(ends[1]);
}

// --- waits for signals ---

static void waited_for(void) {
    sigset_t set = set_of(SIGALRM), empty = set_of(0);
    siginfo_t info;
    int number = 0;
    handle(SIGALRM, 0);
    block(SIG_BLOCK, SIGALRM);
    in_ms(20, 0);
    printf("sigwait: %d", sigwait(&set, &number));
    printf(" %d\n", number == SIGALRM);
    in_ms(20, 0);
    printf("sigwaitinfo: %d", sigwaitinfo(&set, &info) == SIGALRM);
    printf(" %d\n", info.si_code == SI_KERNEL);
    printf("sigtimedwait: %s\n", error_of(sigtimedwait(&set, &info, &(struct timespec){0, 10000000})));
    handle(SIGUSR1, 0);
    handle(SIGALRM, 0);
    in_ms(20, 0);
    printf("sigsuspend: %s", error_of(sigsuspend(&empty)));
    printf(", handled: %d\n", (int)seen);
    in_ms(20, 0);
    printf("a poll under a mask: %s", error_of(ppoll(NULL, 0, &(struct timespec){1, 0}, &empty)));
    printf(", handled: %d\n", (int)seen);
    raise(SIGALRM);
    printf("one that is there: %s", error_of(ppoll(NULL, 0, &(struct timespec){0, 0}, &empty)));
    printf(", handled: %d\n", (int)seen);
    raise(SIGALRM);
    printf("in a select: %s", error_of(pselect(0, NULL, NULL, NULL, NULL, &empty)));
    printf(", handled: %d\n", (int)seen);
    raise(SIGALRM);
    const int epfd = epoll_create1(0);
    printf("in an epoll: %s", error_of(epoll_pwait(epfd, &(struct epoll_event){0}, 1, 1000, &empty)));
    printf(", handled: %d\n", (int)seen);
    close(epfd);
    block(SIG_UNBLOCK, SIGALRM);
}

static void as_bytes(void) {
    struct signalfd_siginfo info = {0};
    sigset_t set = set_of(SIGALRM);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    const int fd = signalfd(-1, &set, SFD_CLOEXEC);
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    in_ms(20, 0);
    printf("signalfd: %d", poll(&readable, 1, 1000));
    printf(" %d", read(fd, &info, sizeof info) == (ssize_t)sizeof info && info.ssi_signo == SIGALRM);
    raise(SIGUSR1);
    printf(" %d", read(fd, &info, sizeof info) == (ssize_t)sizeof info && info.ssi_signo == SIGUSR1);
    printf(" %d\n", poll(&readable, 1, 0));
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    close(fd);
}

// --- timers ---

static void intervals(void) {
    struct itimerval left;
    handle(SIGALRM, 0);
    in_ms(10, 10);
    while (seen < 5)
        pause();
    getitimer(ITIMER_REAL, &left);
    in_ms(0, 0);
    printf("an interval timer: %d, %d\n", (int)seen, left.it_interval.tv_usec == 10000);
}

static sem_t fired;
static void fires(union sigval value) {
    last_value = value.sival_int;
    sem_post(&fired);
}

static void of_posix(void) {
    const struct itimerspec soon = {{0, 0}, {0, 20000000}}, often = {{0, 10000000}, {0, 10000000}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN, .sigev_value.sival_int = 77};
    struct itimerspec left;
    sigset_t set = set_of(SIGRTMIN);
    siginfo_t info;
    timer_t timer;
    block(SIG_BLOCK, SIGRTMIN);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &soon, NULL);
    printf("timer_create: %d", sigwaitinfo(&set, &info) == SIGRTMIN);
    printf(" %d %d", info.si_code == SI_TIMER, info.si_value.sival_int);
    timer_gettime(timer, &left);
    printf(" %d\n", left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    timer_settime(timer, 0, &often, NULL);
    usleep(55000);
    sigwaitinfo(&set, &info);
    printf("overrun: %d, %d\n", info.si_overrun >= 4, timer_getoverrun(timer) >= 4);
    timer_delete(timer);
    while (sigtimedwait(&set, &info, &(struct timespec){0, 0}) > 0)
        continue;
    block(SIG_UNBLOCK, SIGRTMIN);
    sem_init(&fired, 0, 0);
    event = (struct sigevent){.sigev_notify = SIGEV_THREAD, .sigev_notify_function = fires, .sigev_value.sival_int = 78};
    timer_create(CLOCK_REALTIME, &event, &timer);
    timer_settime(timer, 0, &often, NULL);
    for (int i = 0; i < 3; i++)
        sem_wait(&fired);
    timer_delete(timer);
    printf("by a thread: %d\n", (int)last_value);
}

// --- several threads ---

static void *is_interrupted(void *arg) {
    const long slept = usleep(1000000);
    printf("another thread's sleep: %s, handled: %d\n", error_of(slept), (int)seen);
    return arg;
}

static void *waits_for_it(void *arg) {
    const sigset_t set = set_of(SIGUSR2);
    int number = 0;
    sigwait(&set, &number);
    printf("a thread takes the process's: %d\n", number == SIGUSR2);
    return arg;
}

static void of_threads(void) {
    pthread_t thread;
    handle(SIGUSR1, 0);
    pthread_create(&thread, NULL, is_interrupted, NULL);
    usleep(20000);
    pthread_kill(thread, SIGUSR1);
    pthread_join(thread, NULL);
    block(SIG_BLOCK, SIGUSR1);
    pthread_create(&thread, NULL, nothing, NULL);
    pthread_join(thread, NULL);
    kill(getpid(), SIGUSR1);
    printf("nobody takes it: %d\n", (int)seen);
    block(SIG_UNBLOCK, SIGUSR1);
    signal(SIGUSR2, SIG_DFL);
    block(SIG_BLOCK, SIGUSR2);
    pthread_create(&thread, NULL, waits_for_it, NULL);
    usleep(20000);
    kill(getpid(), SIGUSR2);
    pthread_join(thread, NULL);
}

// Whether an alarm comes before a sleep ends that is a little longer.
static void race(void) {
    handle(SIGALRM, 0);
    in_ms(100, 0);
    usleep(110000);
    exit(!seen);
}

// A socket's owner may be named; that it is told is not simulated.
static void owned(void) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) || fcntl(ends[0], F_SETOWN, getpid()) || fcntl(ends[0], F_SETFL, O_NONBLOCK))
        exit(1);
    fcntl(ends[0], F_SETFL, O_ASYNC);
}

static void hurt(const char *how) {
    usleep(1000);
    if (!strcmp(how, "race"))
        race();
    if (!strcmp(how, "owned"))
        owned();
    if (!strcmp(how, "alarm"))
        alarm(2), pause();
    else if (!strcmp(how, "abort"))
        abort();
    else if (!strcmp(how, "thread"))
        syscall(SYS_tgkill, getpid(), gettid(), SIGTERM);
    else
        kill(getpid(), SIGKILL);
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1)
        hurt(argv[1]);
    to_oneself();
    by_a_jump();
    of_a_read(0, "without SA_RESTART");
    of_a_read(SA_RESTART, "with SA_RESTART");
    of_other_waits();
    of_a_socket();
    waited_for();
    as_bytes();
    intervals();
    of_posix();
    of_threads();
    return 0;
}
