/*
 * images.h - hobnail images: what lies in the folder, and what is wrong.
 */
#ifndef HOBNAIL_CMD_IMAGES_H
#define HOBNAIL_CMD_IMAGES_H

int images_main(int argc, char **argv);

#endif
