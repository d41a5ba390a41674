/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of cats monitor: each is complete in itself, printed at once. */
#ifndef CATS_EVENT_H
#define CATS_EVENT_H

/** event_begin - start an event; in text, @what comes first. */
void event_begin(const char *what);

/** event_end - end it. */
void event_end(void);

/** event_deleted - start the event of an @object that is gone, and open it. */
void event_deleted(const char *object);

#endif /* CATS_EVENT_H */
