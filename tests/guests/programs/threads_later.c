// Threads that are made after the program's first wait: more at one time than any pool has, detached ones, and many one after the other.
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local int local = 5;
static int sum, fresh;

static void nap(long us) {
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static void *adds(void *arg) {
    char *memory = malloc(100);
    memset(memory, 1, 100);
    nap(1000);
    pthread_mutex_lock(&mutex);
    nap(10);
    fresh += local++ == 5;
    sum += (int)(intptr_t)arg * memory[50];
    pthread_mutex_unlock(&mutex);
    free(memory);
    return arg;
}

int main(void) {
    pthread_t threads[40];
    nap(1000);
    for (intptr_t i = 0; i < 40; i++)
        pthread_create(&threads[i], NULL, adds, (void *)i);
    for (int i = 0; i < 40; i++)
        pthread_join(threads[i], NULL);
    for (intptr_t i = 0; i < 10; i++) {
        pthread_create(&threads[i], NULL, adds, (void *)i);
        pthread_detach(threads[i]);
    }
    nap(10000000);
    for (intptr_t i = 0; i < 50; i++) {
        pthread_create(&threads[0], NULL, adds, (void *)1l);
        pthread_join(threads[0], NULL);
    }
    printf("%d %d\n", sum, fresh);
    return sum != 780 + 45 + 50 || fresh != 100;
}
