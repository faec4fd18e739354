// Two threads that take two mutexes in different orders, and always meet.
#include <pthread.h>
#include <time.h>

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, two = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void both(pthread_mutex_t *before, pthread_mutex_t *after) {
    pthread_mutex_lock(before);
    nanosleep(&(struct timespec){0, 1000000}, NULL);
    pthread_mutex_lock(after);
    pthread_mutex_unlock(after);
    pthread_mutex_unlock(before);
}

static void *first(void *unused) {
    both(&one, &two);
    return unused;
}
static void *second(void *unused) {
    both(&two, &one);
    return unused;
}

int main(void) {
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, first, NULL);
    pthread_create(&threads[1], NULL, second, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    return 0;
}
