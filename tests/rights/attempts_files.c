/*
 * attempts_files.c - attempts on files, folders and mounts.
 */
#include "tests/rights/attempts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

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
look_for_other_files(const struct place *p)
{
	struct stat st;

	(void)p;
	return outcome(fstatat(AT_FDCWD, "/etc/shadow", &st, 0));
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

const struct attempt files_attempts[] = {
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
    TRY(open_memory_of_keeper, NOBODY, 0),
    TRY(open_own_memory, NOBODY, 0),
    TRY(read_environment, NOBODY, 0),
    TRY(mount_tmpfs, NOBODY, 0),
    TRY(unmount, NOBODY, 0),
    TRY(take_mount_tree, NOBODY, 0),
    TRY(change_root, NOBODY, 0),
    TRY(change_folder, NOBODY, 0),
    TRY(watch_other_folder, NOBODY, 0),
    TRY(watch_whole_system, NOBODY, 0),
    TRY(open_by_handle, NOBODY, 0),
    /* Landlock does not hide names, and these two need stat(2). */
    TRY(look_for_other_files, STATE | BOOT, 0),
    TRY(read_image, BOOT, 0),
    TRY(read_given_image, IMAGE, STATE | DHCP | BOOT | ADMIN),
    TRY(list_images, STATE, 0),
    TRY(keep_state, STATE, 0),
    TRY(watch_images, STATE, 0),
    {0},
};
