#include "check.h"

#include "boot/image_id.h"

static const char *
id_of(const char *path, unsigned int n)
{
	static char out[IMAGE_ID_MAX + 1];

	return image_id_make(span_text(path), n, out);
}

static int
kind_of(const char *path)
{
	enum image_kind kind = IMAGE_KINDS;

	return image_kind_of(span_text(path), &kind) ? (int)kind : -1;
}

TEST(the_name_says_what_a_file_is)
{
	CHECK(kind_of("a.iso") == IMAGE_ISO);
	CHECK(kind_of("sub/dir/A.ISO") == IMAGE_ISO);
	CHECK(kind_of("disk.img") == IMAGE_ISO);
	CHECK(kind_of("netboot.xyz.ipxe") == IMAGE_SCRIPT);
	CHECK(kind_of("netboot.tar.gz") == IMAGE_NETBOOT);
	CHECK(kind_of("netboot.tar") == IMAGE_NETBOOT);
	CHECK(kind_of("x/netboot-arm64.tar.gz") == IMAGE_NETBOOT);
}

TEST(other_files_are_left_alone)
{
	CHECK(kind_of("") == -1);
	CHECK(kind_of(".iso") == -1);
	CHECK(kind_of(".a.iso") == -1);
	CHECK(kind_of("sub/.a.iso") == -1);
	CHECK(kind_of("a.iso.part") == -1);
	CHECK(kind_of("iso") == -1);
	CHECK(kind_of("backup.tar.gz") == -1);
	CHECK(kind_of("x.tar") == -1);
	CHECK(kind_of("a.iso/README") == -1);
}

TEST(an_id_is_the_name_in_lower_case_and_plain_characters)
{
	CHECK_TEXT(id_of("debian-13.1.0-amd64-netinst.iso", 1),
	    "debian-13.1.0-amd64-netinst");
	CHECK_TEXT(
	    id_of("sub/Fedora Live (x86_64).ISO", 1), "fedora-live-x86-64");
	CHECK_TEXT(id_of("netboot.tar.gz", 1), "netboot");
	CHECK_TEXT(id_of("tools.ipxe", 1), "tools");
	CHECK_TEXT(id_of("a..b.iso", 1), "a.b");
	CHECK_TEXT(id_of("-..-x-.iso", 1), "x");
}

TEST(a_name_without_a_plain_character_still_has_an_id)
{
	CHECK_TEXT(id_of("\xe6\x97\xa5.iso", 1), "image");
	CHECK_TEXT(id_of("...iso", 2), "image-2");
}

TEST(a_collision_is_numbered)
{
	CHECK_TEXT(id_of("a.iso", 2), "a-2");
	CHECK_TEXT(id_of("b/a.iso", 4000000000U), "a-4000000000");
}

TEST(a_word_of_the_configuration_is_no_id)
{
	CHECK_TEXT(id_of("disk.iso", 1), "disk-2");
	CHECK_TEXT(id_of("Menu.ipxe", 1), "menu-2");
	CHECK_TEXT(id_of("DISK.img", 2), "disk-3");
}

TEST(an_id_is_never_too_long_not_even_with_its_number)
{
	char path[300];

	memset(path, 'x', sizeof(path));
	memcpy(path + sizeof(path) - 5, ".iso", 5);
	CHECK(strlen(id_of(path, 1)) == IMAGE_ID_MAX);
	CHECK(strlen(id_of(path, 17)) == IMAGE_ID_MAX);
	CHECK_TEXT(id_of(path, 17) + IMAGE_ID_MAX - 4, "x-17");
}

TEST(stored_content_is_called_as_no_image_is)
{
	char name[IMAGE_STORED_NAME_SIZE], id[IMAGE_ID_MAX + 1];

	CHECK_TEXT(image_stored_name("netboot", name), "netboot_files.tar");
	CHECK(strcmp(image_id_make(span_text("netboot_files.tar.iso"), 1, id),
	          name) != 0);
}
