/*
 * attempts_process.c - attempts on processes, memory and the machine.
 */
#include "tests/rights/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int
execute(const struct place *p)
{
	char name[] = "/bin/true";
	char *argv[] = {name, NULL};

	(void)p;
	return outcome(execve(name, argv, argv + 1));
}

static int
execute_descriptor(const struct place *p)
{
	char name[] = "x";
	char *argv[] = {name, NULL};

	(void)p;
	return outcome(
	    syscall(SYS_execveat, 2, "", argv, argv + 1, AT_EMPTY_PATH));
}

static int
fork_process(const struct place *p)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	(void)p;
	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int
fork_by_vfork(const struct place *p)
{
	long pid = syscall(SYS_fork);

	(void)p;
	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int
fork_by_clone3(const struct place *p)
{
	uint64_t args[11] = {[4] = SIGCHLD};
	long pid = syscall(SYS_clone3, args, sizeof(args));

	(void)p;
	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int
trace_keeper(const struct place *p)
{
	return outcome(ptrace(PTRACE_ATTACH, p->keeper, NULL, NULL));
}

static int
let_be_traced(const struct place *p)
{
	(void)p;
	return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
read_memory_of_keeper(const struct place *p)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return outcome(process_vm_readv(p->keeper, &here, 1, &there, 1, 0));
}

static int
write_memory_of_keeper(const struct place *p)
{
	char byte = 0;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	return outcome(process_vm_writev(p->keeper, &here, 1, &there, 1, 0));
}

static int
signal_keeper(const struct place *p)
{
	return outcome(kill(p->keeper, 0));
}

static int
signal_everybody(const struct place *p)
{
	(void)p;
	return outcome(kill(-1, 0));
}

static int
signal_thread_of_keeper(const struct place *p)
{
	return outcome(syscall(SYS_tgkill, p->keeper, p->keeper, 0));
}

static int
take_descriptor_of_keeper(const struct place *p)
{
	return open_result((int)syscall(SYS_pidfd_open, p->keeper, 0));
}

static int
new_user_namespace(const struct place *p)
{
	(void)p;
	return outcome(unshare(CLONE_NEWUSER));
}

static int
new_mount_namespace(const struct place *p)
{
	(void)p;
	return outcome(unshare(CLONE_NEWNS));
}

static int
enter_namespace(const struct place *p)
{
	(void)p;
	return outcome(setns(3, 0));
}

static int
become_root(const struct place *p)
{
	(void)p;
	return outcome(setuid(0));
}

static int
become_root_group(const struct place *p)
{
	(void)p;
	return outcome(setgid(0));
}

static int
take_groups(const struct place *p)
{
	gid_t group = 0;

	(void)p;
	return outcome(syscall(SYS_setgroups, (size_t)1, &group));
}

static int
take_capabilities(const struct place *p)
{
	uint32_t header[2] = {0x20080522, 0};
	uint32_t sets[6] = {1, 1, 1, 0, 0, 0};

	(void)p;
	return outcome(syscall(SYS_capset, header, sets));
}

static int
map_executable(const struct place *p)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)p;
	return at == MAP_FAILED ? errno : 0;
}

static int
make_executable(const struct place *p)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int result;

	(void)p;
	if (at == MAP_FAILED)
		return 0; /* memory is allowed: a surprise */
	result = outcome(mprotect(at, 4096, PROT_READ | PROT_EXEC));
	(void)munmap(at, 4096);
	return result;
}

static int
make_executable_by_key(const struct place *p)
{
	(void)p;
	return outcome(syscall(
	    SYS_pkey_mprotect, NULL, (size_t)4096, PROT_READ | PROT_EXEC, -1));
}

static int
make_executable_memfd(const struct place *p)
{
	(void)p;
	return open_result(memfd_create("x", 0x10U)); /* MFD_EXEC */
}

static int
set_up_io_uring(const struct place *p)
{
	char params[256] = {0};

	(void)p;
	return open_result((int)syscall(SYS_io_uring_setup, 4, params));
}

static int
load_bpf(const struct place *p)
{
	char attributes[128] = {0};

	(void)p;
	return open_result(
	    (int)syscall(SYS_bpf, 0, attributes, sizeof(attributes)));
}

static int
open_counters(const struct place *p)
{
	uint64_t attributes[16] = {[0] = (uint64_t)sizeof(attributes) << 32};

	(void)p;
	return open_result(
	    (int)syscall(SYS_perf_event_open, attributes, 0, -1, -1, 0));
}

static int
use_keys(const struct place *p)
{
	(void)p;
	return outcome(syscall(SYS_keyctl, 0, -3, 0));
}

static int
add_a_key(const struct place *p)
{
	(void)p;
	return outcome(syscall(SYS_add_key, "user", "x", "y", (size_t)1, -3));
}

static int
catch_page_faults(const struct place *p)
{
	(void)p;
	return open_result((int)syscall(SYS_userfaultfd, 1));
}

static int
load_module(const struct place *p)
{
	(void)p;
	return outcome(syscall(SYS_init_module, "", (unsigned long)0, ""));
}

static int
load_kernel(const struct place *p)
{
	(void)p;
	return outcome(syscall(SYS_kexec_load, 0L, 0L, NULL, 0L));
}

static int
restart_machine(const struct place *p)
{
	(void)p;
	return outcome(reboot(RB_DISABLE_CAD));
}

static int
rename_machine(const struct place *p)
{
	(void)p;
	return outcome(sethostname("x", 1));
}

static int
change_personality(const struct place *p)
{
	(void)p;
	return outcome(personality(ADDR_NO_RANDOMIZE));
}

static int
set_clock(const struct place *p)
{
	struct timespec when = {1, 0};

	(void)p;
	return outcome(clock_settime(CLOCK_REALTIME, &when));
}

static int
raise_limits(const struct place *p)
{
	(void)p;
	return outcome(syscall(
	    SYS_prlimit64, 0, 7, "\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1", NULL));
}

static int
become_dumpable(const struct place *p)
{
	(void)p;
	return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int
live_on_without_keeper(const struct place *p)
{
	(void)p;
	return outcome(prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0));
}

static int
raise_priority(const struct place *p)
{
	(void)p;
	return outcome(syscall(SYS_setpriority, 0, 0, -20));
}

static int
another_filter(const struct place *p)
{
	(void)p;
	return outcome(syscall(SYS_seccomp, 1, 0, NULL));
}

static int
terminal_input(const struct place *p)
{
	(void)p;
	return outcome(syscall(SYS_ioctl, 0, 0x5412, "x")); /* TIOCSTI */
}

static int
use_memory(const struct place *p)
{
	void *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)p;
	return at == MAP_FAILED ? errno : outcome(munmap(at, 1 << 20));
}

static int
gather_in_memfd(const struct place *p)
{
	(void)p;
	return open_result(memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

static void *
nothing(void *unused)
{
	return unused;
}

static int
start_thread(const struct place *p)
{
	pthread_t thread;
	int result = pthread_create(&thread, NULL, nothing, NULL);

	(void)p;
	return result ? result : pthread_join(thread, NULL);
}

const struct attempt process_attempts[] = {
    TRY(execute, NOBODY, 0),
    TRY(execute_descriptor, NOBODY, 0),
    TRY(fork_process, NOBODY, 0),
    TRY(fork_by_vfork, NOBODY, 0),
    TRY(fork_by_clone3, NOBODY, 0),
    TRY(trace_keeper, NOBODY, 0),
    TRY(let_be_traced, NOBODY, 0),
    TRY(read_memory_of_keeper, NOBODY, 0),
    TRY(write_memory_of_keeper, NOBODY, 0),
    TRY(signal_keeper, NOBODY, 0),
    TRY(signal_everybody, NOBODY, 0),
    TRY(signal_thread_of_keeper, NOBODY, 0),
    TRY(take_descriptor_of_keeper, NOBODY, 0),
    TRY(new_user_namespace, NOBODY, 0),
    TRY(new_mount_namespace, NOBODY, 0),
    TRY(enter_namespace, NOBODY, 0),
    TRY(become_root, NOBODY, 0),
    TRY(become_root_group, NOBODY, 0),
    TRY(take_groups, NOBODY, 0),
    TRY(take_capabilities, NOBODY, 0),
    TRY(map_executable, NOBODY, 0),
    TRY(make_executable, NOBODY, 0),
    TRY(make_executable_by_key, NOBODY, 0),
    TRY(make_executable_memfd, NOBODY, 0),
    TRY(set_up_io_uring, NOBODY, 0),
    TRY(load_bpf, NOBODY, 0),
    TRY(open_counters, NOBODY, 0),
    TRY(use_keys, NOBODY, 0),
    TRY(add_a_key, NOBODY, 0),
    TRY(catch_page_faults, NOBODY, 0),
    TRY(load_module, NOBODY, 0),
    TRY(load_kernel, NOBODY, 0),
    TRY(restart_machine, NOBODY, 0),
    TRY(rename_machine, NOBODY, 0),
    TRY(change_personality, NOBODY, 0),
    TRY(set_clock, NOBODY, 0),
    TRY(raise_limits, NOBODY, 0),
    TRY(become_dumpable, NOBODY, 0),
    TRY(live_on_without_keeper, NOBODY, 0),
    TRY(raise_priority, NOBODY, 0),
    TRY(another_filter, NOBODY, 0),
    TRY(terminal_input, NOBODY, 0),
    TRY(use_memory, ALL, 0),
    TRY(gather_in_memfd, STATE | ADMIN, 0),
    TRY(start_thread, BOOT, 0),
    {0},
};
