/*
 * events.h - hobnail events: the timeline of every machine as it boots.
 */
#ifndef HOBNAIL_CMD_EVENTS_H
#define HOBNAIL_CMD_EVENTS_H

int events_main(int argc, char **argv);

#endif
