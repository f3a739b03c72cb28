#include "proc/roles.h"

#define BIT(n) (1U << (n))

static const struct {
	unsigned int sockets; /* set of BIT(enum ipc_socket) */
	unsigned int folders; /* set of BIT(enum ipc_folder) */
} rows[ROLE_COUNT] = {
    [ROLE_STATE] = {.folders = BIT(FOLDER_IMAGES) | BIT(FOLDER_STATE) |
                               BIT(FOLDER_TABLES) | BIT(FOLDER_LOADERS)},
    [ROLE_DHCP] = {.sockets =
                       BIT(SOCKET_DHCP) | BIT(SOCKET_PXE) | BIT(SOCKET_PACKET)},
    [ROLE_BOOT] = {.sockets = BIT(SOCKET_TFTP) | BIT(SOCKET_HTTP),
        .folders =
            BIT(FOLDER_IMAGES) | BIT(FOLDER_TABLES) | BIT(FOLDER_LOADERS)},
    [ROLE_ADMIN] = {.sockets = BIT(SOCKET_CONTROL)},
    [ROLE_IMAGE] = {.sockets = 0},
};

bool
role_has_socket(enum role role, enum ipc_socket kind)
{
	return rows[role].sockets & BIT(kind);
}

bool
role_has_folder(enum role role, enum ipc_folder kind)
{
	return rows[role].folders & BIT(kind);
}

bool
roles_talk(enum role a, enum role b)
{
	enum role other = a == ROLE_STATE ? b : a;

	if (a != ROLE_STATE && b != ROLE_STATE)
		return false;
	return other == ROLE_DHCP || other == ROLE_BOOT || other == ROLE_ADMIN;
}
