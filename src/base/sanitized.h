// Which sanitizers this is compiled with: 1 or 0 each, gcc and clang say it differently.
#ifndef RETICK_SRC_BASE_SANITIZED_H
#define RETICK_SRC_BASE_SANITIZED_H

#ifdef __has_feature
#define TICK__HAS_FEATURE(feature) __has_feature(feature)
#else
#define TICK__HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || TICK__HAS_FEATURE(address_sanitizer)
#define TICK__ASAN 1
#else
#define TICK__ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || TICK__HAS_FEATURE(thread_sanitizer)
#define TICK__TSAN 1
#else
#define TICK__TSAN 0
#endif

#if TICK__HAS_FEATURE(memory_sanitizer)
#define TICK__MSAN 1
#else
#define TICK__MSAN 0
#endif

// Memory and stacks are watched, and take more room and time.
#define TICK__SANITIZED (TICK__ASAN || TICK__TSAN || TICK__MSAN)

#endif
