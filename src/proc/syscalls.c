#include "proc/syscalls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CALL(name) SCMP_SYS(name)
#define END INT32_MIN
#define EXECUTABLE_MEMFD 0x10U /* MFD_EXEC, Linux 6.3 */

/* Memory, time, threads' locks, ending: no process does without. */
static const int bare[] = {CALL(read), CALL(write), CALL(close), CALL(munmap),
    CALL(mremap), CALL(brk), CALL(madvise), CALL(futex), CALL(rt_sigreturn),
    CALL(rt_sigprocmask), CALL(getpid), CALL(gettid), CALL(exit),
    CALL(exit_group), CALL(clock_gettime), CALL(gettimeofday), CALL(getrandom),
    CALL(restart_syscall), CALL(sendmsg), CALL(fstat), CALL(pread64),
    CALL(lseek), END};

/* An event loop with channels and sockets that are already open. */
static const int turning[] = {CALL(epoll_wait), CALL(epoll_pwait),
    CALL(epoll_ctl), CALL(epoll_create1), CALL(poll), CALL(ppoll),
    CALL(recvmsg), CALL(recvmmsg), CALL(sendmmsg), CALL(sendto), CALL(recvfrom),
    CALL(writev), CALL(fcntl), CALL(getsockopt), CALL(setsockopt),
    CALL(getsockname), CALL(getpeername), CALL(sched_yield), CALL(uname),
    CALL(clock_nanosleep), CALL(shutdown), END};

/* Answering connections. */
static const int serving[] = {
    CALL(accept4), CALL(sendfile), CALL(eventfd2), END};

/* Threads, and what glibc does when one starts or ends. */
static const int threading[] = {CALL(set_robust_list), CALL(rseq),
    CALL(sched_getaffinity), CALL(sched_setaffinity), CALL(rt_sigaction),
    CALL(sigaltstack), END};

/* Opening files for reading; Landlock says which. */
static const int opening[] = {CALL(openat2), CALL(newfstatat), CALL(statx),
    CALL(readlink), CALL(readlinkat), CALL(fadvise64), CALL(readahead), END};

/* The database and the folder watch. */
static const int storing[] = {CALL(openat), CALL(getdents64), CALL(open),
    CALL(access), CALL(faccessat), CALL(faccessat2), CALL(stat), CALL(lstat),
    CALL(getcwd), CALL(pwrite64), CALL(fsync), CALL(fdatasync), CALL(ftruncate),
    CALL(fallocate), CALL(flock), CALL(fchmod), CALL(umask), CALL(unlink),
    CALL(unlinkat), CALL(rename), CALL(renameat), CALL(renameat2), CALL(mkdir),
    CALL(mkdirat), CALL(rmdir), CALL(geteuid), CALL(getuid), CALL(getegid),
    CALL(getgid), CALL(inotify_init1), CALL(inotify_add_watch),
    CALL(inotify_rm_watch), CALL(fchdir), CALL(statfs), CALL(fstatfs),
    CALL(copy_file_range), CALL(sendfile), CALL(sysinfo), CALL(getrusage),
    CALL(utimensat), END};

/* Texts that are put together in a memfd. */
static const int gathering[] = {
    CALL(ftruncate), CALL(pwrite64), CALL(fstatfs), END};

/* Starting, watching and ending roles; a filter is inherited, so keeper's
 * also allows what a role does before its own one stands. */
static const int keeping[] = {CALL(execveat), CALL(execve), CALL(clone),
    CALL(vfork), CALL(fork), CALL(wait4), CALL(waitid), CALL(kill), CALL(tkill),
    CALL(signalfd4), CALL(pidfd_open), CALL(pidfd_send_signal),
    CALL(socketpair), CALL(socket), CALL(connect), CALL(bind), CALL(pipe2),
    CALL(dup), CALL(dup2), CALL(dup3), CALL(close_range), CALL(memfd_create),
    CALL(prctl), CALL(arch_prctl), CALL(set_tid_address), CALL(prlimit64),
    CALL(getrlimit), CALL(setrlimit), CALL(capget), CALL(capset),
    CALL(landlock_create_ruleset), CALL(landlock_add_rule),
    CALL(landlock_restrict_self), CALL(seccomp), CALL(getppid), CALL(setpgid),
    CALL(setsid), CALL(tgkill), CALL(mmap), CALL(mprotect), CALL(chdir),
    CALL(fchdir), END};

static const int *const groups[ROLE_COUNT][8] = {
    [ROLE_KEEPER] = {bare, turning, serving, threading, opening, storing,
        keeping},
    [ROLE_STATE] = {bare, turning, opening, storing},
    [ROLE_DHCP] = {bare, turning},
    [ROLE_BOOT] = {bare, turning, serving, threading, opening},
    [ROLE_ADMIN] = {bare, turning, serving, gathering},
    [ROLE_IMAGE] = {bare},
};

/* What an argument must be: these bits have this value. */
struct argument {
	unsigned int number;
	uint64_t mask, value;
};

/* A call that is allowed where its arguments pass. */
struct checked {
	unsigned int roles; /* set of BIT(role) */
	int call;
	unsigned int count;
	struct argument arguments[2];
};

#define BIT(role) (1U << (role))
#define WORKERS                                                                \
	(BIT(ROLE_STATE) | BIT(ROLE_DHCP) | BIT(ROLE_BOOT) | BIT(ROLE_ADMIN) | \
	    BIT(ROLE_IMAGE))
#define WHOLE 0xffffffffU /* an int: the kernel ignores its upper half */

#define WRITING (O_ACCMODE | O_CREAT | O_TRUNC)
#define THREAD (CLONE_VM | CLONE_THREAD | CLONE_SIGHAND)
#define NAMESPACES                                                             \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |         \
	    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define SOCKET_FLAGS (uint32_t)(SOCK_NONBLOCK | SOCK_CLOEXEC)

static const struct checked checks[] = {
    /* No memory that can be executed. */
    {WORKERS, CALL(mmap), 1, {{2, PROT_EXEC, 0}}},
    {WORKERS, CALL(mprotect), 1, {{2, PROT_EXEC, 0}}},
    /* fstat(3) of glibc before 2.39. */
    {BIT(ROLE_DHCP) | BIT(ROLE_ADMIN) | BIT(ROLE_IMAGE), CALL(newfstatat), 1,
        {{3, AT_EMPTY_PATH, AT_EMPTY_PATH}}},
    {BIT(ROLE_BOOT), CALL(openat), 1, {{2, WRITING, O_RDONLY}}},
    {BIT(ROLE_BOOT), CALL(clone), 1, {{0, THREAD | NAMESPACES, THREAD}}},
    /* One per TFTP transfer; Landlock forbids TCP. */
    {BIT(ROLE_BOOT), CALL(socket), 2,
        {{0, WHOLE, AF_INET}, {1, WHOLE & ~SOCKET_FLAGS, SOCK_DGRAM}}},
    {BIT(ROLE_BOOT), CALL(bind), 0, {{0}}},
    {BIT(ROLE_BOOT), CALL(connect), 0, {{0}}},
    /* getrlimit(2): how many connections there may be. */
    {BIT(ROLE_BOOT) | BIT(ROLE_ADMIN), CALL(prlimit64), 2,
        {{0, WHOLE, 0}, {2, UINT64_MAX, 0}}},
    /* The name of a thread. */
    {BIT(ROLE_BOOT), CALL(prctl), 1, {{0, WHOLE, PR_SET_NAME}}},
    {BIT(ROLE_STATE) | BIT(ROLE_ADMIN), CALL(memfd_create), 1,
        {{1, EXECUTABLE_MEMFD, 0}}},
    /* if_nametoindex(3) */
    {BIT(ROLE_KEEPER), CALL(ioctl), 1, {{1, WHOLE, SIOCGIFINDEX}}},
};

static int
allow_groups(scmp_filter_ctx filter, enum role role)
{
	int fault = 0;

	for (size_t g = 0; groups[role][g]; g++)
		for (const int *call = groups[role][g]; *call != END; call++)
			if (!fault)
				fault = seccomp_rule_add(
				    filter, SCMP_ACT_ALLOW, *call, 0);
	return fault;
}

/* abort() raises its signal by tgkill; only at ourselves. */
static int
allow_own_end(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp ours =
	    SCMP_CMP64(0, SCMP_CMP_EQ, (scmp_datum_t)getpid());

	return seccomp_rule_add_array(
	    filter, SCMP_ACT_ALLOW, CALL(tgkill), 1, &ours);
}

static int
allow_one(scmp_filter_ctx filter, const struct checked *c)
{
	struct scmp_arg_cmp args[ARRAY_LEN(c->arguments)];

	for (size_t i = 0; i < c->count; i++)
		args[i] = SCMP_CMP64(c->arguments[i].number, SCMP_CMP_MASKED_EQ,
		    c->arguments[i].mask, c->arguments[i].value);
	return seccomp_rule_add_array(
	    filter, SCMP_ACT_ALLOW, c->call, c->count, args);
}

static int
allow_checked(scmp_filter_ctx filter, enum role role)
{
	int fault = 0;

	for (size_t i = 0; i < ARRAY_LEN(checks) && !fault; i++)
		if (checks[i].roles & BIT(role))
			fault = allow_one(filter, &checks[i]);
	if (!fault && role != ROLE_KEEPER)
		fault = allow_own_end(filter);
	/* Its flags lie in memory, where no filter can look; glibc then uses
	 * clone. */
	if (!fault)
		fault = seccomp_rule_add(
		    filter, SCMP_ACT_ERRNO(ENOSYS), CALL(clone3), 0);
	return fault;
}

static uint32_t
action(enum role role, enum sandbox_denial denial)
{
	switch (denial) {
	case SANDBOX_KILL:
		return role == ROLE_KEEPER ? SCMP_ACT_ERRNO(EPERM)
		                           : SCMP_ACT_KILL_PROCESS;
	case SANDBOX_LOG:
		return SCMP_ACT_LOG;
	case SANDBOX_REFUSE:
		return SCMP_ACT_ERRNO(EPERM);
	}
	return SCMP_ACT_KILL_PROCESS;
}

int
syscalls_confine(enum role role, enum sandbox_denial denial)
{
	scmp_filter_ctx filter = seccomp_init(action(role, denial));
	int fault;

	if (!filter)
		return -ENOMEM;
	fault = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (!fault)
		fault = allow_groups(filter, role);
	if (!fault)
		fault = allow_checked(filter, role);
	if (!fault)
		fault = seccomp_load(filter);
	seccomp_release(filter);
	return fault;
}
