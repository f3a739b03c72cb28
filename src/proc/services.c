/*
 * services.c - which code each role runs.
 *
 * In a file of its own, so that the test of the roles' rights can put its
 * services in this place.
 */
#include "proc/roles.h"

const struct service *
role_service(enum role role)
{
	static const struct service *const services[ROLE_COUNT] = {
	    [ROLE_BOOT] = &boot_service,
	    [ROLE_DHCP] = &dhcp_service,
	    [ROLE_IMAGE] = &image_service,
	    [ROLE_STATE] = &state_service,
	    [ROLE_ADMIN] = &admin_service,
	};

	return role < ROLE_COUNT ? services[role] : NULL;
}
