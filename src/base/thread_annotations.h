// What a lock guards, in words that Clang checks at compile time (-Wthread-safety); nothing to other compilers.
// They go with the lock of base/mutex.h.
#pragma once

#if defined(__clang__)
#define TENFOLD_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TENFOLD_THREAD_ATTRIBUTE(x)
#endif

// Of a member: only while the lock is held.
#define TENFOLD_GUARDED_BY(mutex) TENFOLD_THREAD_ATTRIBUTE(guarded_by(mutex))
// Of a function: its caller holds the lock, or must not.
#define TENFOLD_REQUIRES(...) TENFOLD_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define TENFOLD_EXCLUDES(...) TENFOLD_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
// Of a lock and of what takes it.
#define TENFOLD_CAPABILITY(name) TENFOLD_THREAD_ATTRIBUTE(capability(name))
#define TENFOLD_SCOPED_CAPABILITY TENFOLD_THREAD_ATTRIBUTE(scoped_lockable)
#define TENFOLD_ACQUIRE(...) TENFOLD_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define TENFOLD_RELEASE(...) TENFOLD_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
// Of a function that does what the checker cannot follow. Say why.
#define TENFOLD_NO_THREAD_SAFETY_ANALYSIS TENFOLD_THREAD_ATTRIBUTE(no_thread_safety_analysis)
