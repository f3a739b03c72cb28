#include "tests/rights/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define BIT(role) (1U << (role))
#define STATE BIT(ROLE_STATE)
#define DHCP BIT(ROLE_DHCP)
#define BOOT BIT(ROLE_BOOT)
#define ADMIN BIT(ROLE_ADMIN)
#define IMAGE BIT(ROLE_IMAGE)
#define NOBODY 0U
#define ALL (STATE | DHCP | BOOT | ADMIN | IMAGE)

/* Where an attempt is made. */
struct place {
	struct context *context;
	int images, state, loaders; /* folders; -1: not given to this role */
	pid_t keeper;
};

/* A system call's result, as 0 or the errno. */
static int
outcome(long result)
{
	return result < 0 ? errno : 0;
}

static int
open_result(int fd)
{
	int result = outcome(fd);

	if (fd >= 0)
		(void)close(fd);
	return result;
}

static int
open_passwd(const struct place *p)
{
	(void)p;
	return open_result(open("/etc/passwd", O_RDONLY));
}

static int
open_root_folder(const struct place *p)
{
	(void)p;
	return open_result(open("/", O_RDONLY | O_DIRECTORY));
}

static int
create_in_tmp(const struct place *p)
{
	(void)p;
	return open_result(
	    open("/tmp/hobnail-rights", O_WRONLY | O_CREAT, 0600));
}

static int
open_by_old_call(const struct place *p)
{
	(void)p;
	return open_result((int)syscall(SYS_open, "/etc/hostname", O_RDONLY));
}

static int
climb_from_images(const struct place *p)
{
	return open_result(
	    openat(p->images, "../../../../etc/passwd", O_RDONLY));
}

static int
climb_from_loaders(const struct place *p)
{
	struct open_how how = {.flags = O_RDONLY};

	return open_result((int)syscall(SYS_openat2, p->loaders,
	    "../../../../../etc/passwd", &how, sizeof(how)));
}

static int
read_database_of_state(const struct place *p)
{
	struct open_how how = {.flags = O_RDONLY};

	return open_result((int)syscall(
	    SYS_openat2, p->loaders, "../secret", &how, sizeof(how)));
}

static int
create_image(const struct place *p)
{
	struct open_how how = {.flags = O_WRONLY | O_CREAT, .mode = 0600};

	return open_result(
	    (int)syscall(SYS_openat2, p->images, "new.iso", &how, sizeof(how)));
}

static int
write_image(const struct place *p)
{
	struct open_how how = {.flags = O_RDWR};

	return open_result((int)syscall(
	    SYS_openat2, p->images, "image.iso", &how, sizeof(how)));
}

static int
truncate_image(const struct place *p)
{
	struct open_how how = {.flags = O_RDONLY | O_TRUNC};

	return open_result((int)syscall(
	    SYS_openat2, p->images, "image.iso", &how, sizeof(how)));
}

static int
remove_image(const struct place *p)
{
	return outcome(unlinkat(p->images, "image.iso", 0));
}

static int
rename_image(const struct place *p)
{
	return outcome(
	    renameat(p->images, "image.iso", p->images, "other.iso"));
}

static int
link_image(const struct place *p)
{
	return outcome(
	    linkat(p->images, "image.iso", p->images, "hard.iso", 0));
}

static int
symlink_in_images(const struct place *p)
{
	return outcome(symlinkat("/etc/passwd", p->images, "soft.iso"));
}

static int
make_folder_in_images(const struct place *p)
{
	return outcome(mkdirat(p->images, "folder", 0700));
}

static int
symlink_in_state(const struct place *p)
{
	return outcome(symlinkat("/etc/passwd", p->state, "soft"));
}

static int
make_device(const struct place *p)
{
	return outcome(mknodat(p->loaders, "dev", S_IFCHR | 0600, 0x103));
}

static int
make_loader(const struct place *p)
{
	struct open_how how = {.flags = O_WRONLY | O_CREAT, .mode = 0600};

	return open_result((int)syscall(
	    SYS_openat2, p->loaders, "evil.efi", &how, sizeof(how)));
}

static int
change_mode_of_image(const struct place *p)
{
	return outcome(fchmodat(p->images, "image.iso", 0777, 0));
}

static int
change_owner(const struct place *p)
{
	return outcome(fchownat(p->images, "image.iso", 1, 1, 0));
}

static int
set_attribute(const struct place *p)
{
	(void)p;
	return outcome(
	    syscall(SYS_setxattr, "/tmp", "user.rights", "x", (size_t)1, 0));
}

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
open_socket(int family, int type, int protocol)
{
	return open_result(socket(family, type, protocol));
}

static int
socket_tcp(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET, SOCK_STREAM, 0);
}

static int
socket_tcp6(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET6, SOCK_STREAM, 0);
}

static int
socket_udp6(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET6, SOCK_DGRAM, 0);
}

static int
socket_mptcp(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET, SOCK_STREAM, 262);
}

static int
socket_unix(const struct place *p)
{
	(void)p;
	return open_socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
socket_raw(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}

static int
socket_packet(const struct place *p)
{
	(void)p;
	return open_socket(AF_PACKET, SOCK_RAW, 0x0300);
}

static int
socket_netlink(const struct place *p)
{
	(void)p;
	return open_socket(AF_NETLINK, SOCK_RAW, 0);
}

static int
socket_vsock(const struct place *p)
{
	(void)p;
	return open_socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int
socket_alg(const struct place *p)
{
	(void)p;
	return open_socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static int
socket_bluetooth(const struct place *p)
{
	(void)p;
	return open_socket(AF_BLUETOOTH, SOCK_RAW, 0);
}

static int
socket_pair(const struct place *p)
{
	int pair[2] = {-1, -1};
	int result = outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));

	(void)p;
	if (result == 0) {
		(void)close(pair[0]);
		(void)close(pair[1]);
	}
	return result;
}

static int
socket_udp(const struct place *p)
{
	(void)p;
	return open_socket(AF_INET, SOCK_DGRAM, 0);
}

/* On a socket that the role has, where it has one. */
static int
listen_again(const struct place *p)
{
	int fd = p->context->sockets[SOCKET_HTTP][0];

	return outcome(listen(fd >= 0 ? fd : 3, 1));
}

static int
connect_tcp(const struct place *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(9),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = p->context->sockets[SOCKET_HTTP][0];

	return outcome(
	    connect(fd >= 0 ? fd : 3, (struct sockaddr *)&to, sizeof(to)));
}

static int
bind_privileged(const struct place *p)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int result =
	    fd < 0 ? errno
	           : outcome(bind(fd, (struct sockaddr *)&at, sizeof(at)));

	(void)p;
	if (fd >= 0)
		(void)close(fd);
	return result;
}

static int
connect_abstract(const struct place *p)
{
	struct sockaddr_un to = {
	    .sun_family = AF_UNIX, .sun_path = "\0hobnail-rights"};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)p;
	return outcome(
	    connect(fd >= 0 ? fd : 3, (struct sockaddr *)&to, sizeof(to)));
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
open_memory_of_keeper(const struct place *p)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)p->keeper);
	return open_result(open(path, O_RDONLY));
}

static int
open_own_memory(const struct place *p)
{
	(void)p;
	return open_result(open("/proc/self/mem", O_RDWR));
}

static int
read_environment(const struct place *p)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)p->keeper);
	return open_result(open(path, O_RDONLY));
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
mount_tmpfs(const struct place *p)
{
	(void)p;
	return outcome(mount("x", "/mnt", "tmpfs", 0, NULL));
}

static int
unmount(const struct place *p)
{
	(void)p;
	return outcome(umount2("/proc", MNT_DETACH));
}

static int
take_mount_tree(const struct place *p)
{
	(void)p;
	return open_result((int)syscall(428, AT_FDCWD, "/", 1));
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
change_root(const struct place *p)
{
	(void)p;
	return outcome(chroot("/tmp"));
}

static int
change_folder(const struct place *p)
{
	(void)p;
	return outcome(chdir("/"));
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
watch_other_folder(const struct place *p)
{
	int fd = inotify_init1(IN_CLOEXEC);
	int result =
	    fd < 0 ? errno : outcome(inotify_add_watch(fd, "/root", IN_CREATE));

	(void)p;
	if (fd >= 0)
		(void)close(fd);
	return result;
}

static int
watch_whole_system(const struct place *p)
{
	(void)p;
	return open_result((int)syscall(SYS_fanotify_init, 0, 0));
}

static int
open_by_handle(const struct place *p)
{
	char handle[64] = {0};

	(void)p;
	return open_result((int)syscall(SYS_open_by_handle_at, 3, handle, 0));
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
look_for_other_files(const struct place *p)
{
	struct stat st;

	(void)p;
	return outcome(fstatat(AT_FDCWD, "/etc/shadow", &st, 0));
}

/* What the roles live on. */

static int
use_memory(const struct place *p)
{
	void *at = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)p;
	return at == MAP_FAILED ? errno : outcome(munmap(at, 1 << 20));
}

static int
read_image(const struct place *p)
{
	struct open_how how = {.flags = O_RDONLY, .resolve = RESOLVE_BENEATH};

	return open_result((int)syscall(
	    SYS_openat2, p->images, "image.iso", &how, sizeof(how)));
}

static int
read_given_image(const struct place *p)
{
	char byte;

	(void)p;
	return outcome(pread(4, &byte, 1, 0));
}

static int
list_images(const struct place *p)
{
	return open_result(openat(p->images, ".", O_RDONLY | O_DIRECTORY));
}

static int
keep_state(const struct place *p)
{
	int result = open_result(
	    openat(p->state, "kept", O_RDWR | O_CREAT | O_TRUNC, 0600));

	return result ? result : outcome(unlinkat(p->state, "kept", 0));
}

static int
watch_images(const struct place *p)
{
	char path[64];
	int fd = inotify_init1(IN_CLOEXEC);
	int result;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", p->images);
	result =
	    fd < 0 ? errno : outcome(inotify_add_watch(fd, path, IN_CREATE));
	if (fd >= 0)
		(void)close(fd);
	return result;
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

static const struct attempt {
	const char *name;
	int (*act)(const struct place *p); /* 0, or an errno */
	unsigned int allowed;              /* set of BIT(role) */
	unsigned int skipped;              /* where it would mean nothing */
} attempts[] = {
#define TRY(act, allowed, skipped)                                             \
	{                                                                      \
#act, act, allowed, skipped                                    \
	}
    TRY(open_passwd, NOBODY, 0),
    TRY(open_root_folder, NOBODY, 0),
    TRY(create_in_tmp, NOBODY, 0),
    TRY(open_by_old_call, NOBODY, 0),
    TRY(climb_from_images, NOBODY, 0),
    TRY(climb_from_loaders, NOBODY, 0),
    TRY(read_database_of_state, STATE, 0),
    TRY(create_image, NOBODY, 0),
    TRY(write_image, NOBODY, 0),
    TRY(truncate_image, NOBODY, 0),
    TRY(remove_image, NOBODY, 0),
    TRY(rename_image, NOBODY, 0),
    TRY(link_image, NOBODY, 0),
    TRY(symlink_in_images, NOBODY, 0),
    TRY(make_folder_in_images, NOBODY, 0),
    TRY(symlink_in_state, NOBODY, 0),
    TRY(make_device, NOBODY, 0),
    TRY(make_loader, STATE, 0),
    TRY(change_mode_of_image, NOBODY, 0),
    TRY(change_owner, NOBODY, 0),
    TRY(set_attribute, NOBODY, 0),
    TRY(execute, NOBODY, 0),
    TRY(execute_descriptor, NOBODY, 0),
    TRY(fork_process, NOBODY, 0),
    TRY(fork_by_vfork, NOBODY, 0),
    TRY(fork_by_clone3, NOBODY, 0),
    TRY(socket_tcp, NOBODY, 0),
    TRY(socket_tcp6, NOBODY, 0),
    TRY(socket_udp6, NOBODY, 0),
    TRY(socket_mptcp, NOBODY, 0),
    TRY(socket_unix, NOBODY, 0),
    TRY(socket_raw, NOBODY, 0),
    TRY(socket_packet, NOBODY, 0),
    TRY(socket_netlink, NOBODY, 0),
    TRY(socket_vsock, NOBODY, 0),
    TRY(socket_alg, NOBODY, 0),
    TRY(socket_bluetooth, NOBODY, 0),
    TRY(socket_pair, NOBODY, 0),
    TRY(socket_udp, BOOT, 0),
    TRY(listen_again, NOBODY, 0),
    TRY(connect_tcp, NOBODY, 0),
    TRY(bind_privileged, NOBODY, 0),
    TRY(connect_abstract, NOBODY, 0),
    TRY(trace_keeper, NOBODY, 0),
    TRY(let_be_traced, NOBODY, 0),
    TRY(read_memory_of_keeper, NOBODY, 0),
    TRY(write_memory_of_keeper, NOBODY, 0),
    TRY(open_memory_of_keeper, NOBODY, 0),
    TRY(open_own_memory, NOBODY, 0),
    TRY(read_environment, NOBODY, 0),
    TRY(signal_keeper, NOBODY, 0),
    TRY(signal_everybody, NOBODY, 0),
    TRY(signal_thread_of_keeper, NOBODY, 0),
    TRY(take_descriptor_of_keeper, NOBODY, 0),
    TRY(mount_tmpfs, NOBODY, 0),
    TRY(unmount, NOBODY, 0),
    TRY(take_mount_tree, NOBODY, 0),
    TRY(new_user_namespace, NOBODY, 0),
    TRY(new_mount_namespace, NOBODY, 0),
    TRY(enter_namespace, NOBODY, 0),
    TRY(become_root, NOBODY, 0),
    TRY(become_root_group, NOBODY, 0),
    TRY(take_groups, NOBODY, 0),
    TRY(take_capabilities, NOBODY, 0),
    TRY(change_root, NOBODY, 0),
    TRY(change_folder, NOBODY, 0),
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
    TRY(watch_other_folder, NOBODY, 0),
    TRY(watch_whole_system, NOBODY, 0),
    TRY(open_by_handle, NOBODY, 0),
    TRY(another_filter, NOBODY, 0),
    TRY(terminal_input, NOBODY, 0),
    /* Landlock does not hide names, and these two need stat(2). */
    TRY(look_for_other_files, STATE | BOOT, 0),

    TRY(use_memory, ALL, 0),
    TRY(read_image, BOOT, 0),
    TRY(read_given_image, IMAGE, STATE | DHCP | BOOT | ADMIN),
    TRY(list_images, STATE, 0),
    TRY(keep_state, STATE, 0),
    TRY(watch_images, STATE, 0),
    TRY(gather_in_memfd, STATE | ADMIN, 0),
    TRY(start_thread, BOOT, 0),
#undef TRY
};

void
attempts_run(enum role role, struct context *c, pid_t keeper)
{
	const struct place place = {.context = c,
	    .images = c->folders[FOLDER_IMAGES],
	    .state = c->folders[FOLDER_STATE],
	    .loaders = c->folders[FOLDER_LOADERS],
	    .keeper = keeper};
	unsigned int denied = 0, allowed = 0, surprises = 0;

	for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
		const struct attempt *a = &attempts[i];
		bool expected = a->allowed & BIT(role);
		int error;

		if (a->skipped & BIT(role))
			continue;
		error = a->act(&place);
		denied += error != 0;
		allowed += error == 0;
		if ((error == 0) == expected)
			continue;
		surprises++;
		(void)fprintf(stderr, "%s: SURPRISE %s: %s\n", role_name(role),
		    a->name, error ? strerror(error) : "allowed");
	}
	(void)fprintf(stderr, "%s: %u denied, %u allowed, %u surprises\n",
	    role_name(role), denied, allowed, surprises);
}
