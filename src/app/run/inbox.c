/* Messages to the run's thread. Putting never allocates, so a durable result cannot get lost for want of memory. */
#include "alloc.h"
#include "run_internal.h"
#include <pthread.h>

typedef struct msg_list {
    pl_inbox_msg *head;
    pl_inbox_msg *tail;
} msg_list;

struct pl_inbox {
    pthread_mutex_t lock;
    pl_transport *wake;
    msg_list durable;
    msg_list images;
    pl_status rc;
    pl_error err;
};

pl_inbox *pl__inbox_new(pl_transport *wake)
{
    pl_inbox *inbox = pl__calloc(1, sizeof(*inbox));

    if (!inbox)
        return NULL;
    if (pthread_mutex_init(&inbox->lock, NULL) != 0) {
        pl__free(inbox);
        return NULL;
    }
    inbox->wake = wake;
    return inbox;
}

void pl__inbox_free(pl_inbox *inbox)
{
    if (!inbox)
        return;
    pthread_mutex_destroy(&inbox->lock);
    pl__free(inbox);
}

static void put(pl_inbox *inbox, msg_list *list, pl_inbox_msg *msg)
{
    msg->next = NULL;
    pthread_mutex_lock(&inbox->lock);
    if (list->tail)
        list->tail->next = msg;
    else
        list->head = msg;
    list->tail = msg;
    pthread_mutex_unlock(&inbox->lock);
    inbox->wake->ops->wake(inbox->wake);
}

void pl__inbox_put_durable(pl_inbox *inbox, pl_inbox_msg *msg)
{
    put(inbox, &inbox->durable, msg);
}

void pl__inbox_put_image(pl_inbox *inbox, pl_inbox_msg *msg)
{
    put(inbox, &inbox->images, msg);
}

void pl__inbox_put_error(pl_inbox *inbox, pl_status rc, const pl_error *err)
{
    pthread_mutex_lock(&inbox->lock);
    if (inbox->rc == PL_OK) {
        inbox->rc = rc;
        inbox->err = *err;
    }
    pthread_mutex_unlock(&inbox->lock);
    inbox->wake->ops->wake(inbox->wake);
}

pl_status pl__inbox_take(pl_inbox *inbox, pl_inbox_msg **ret_durable, pl_inbox_msg **ret_images, pl_error *reterr)
{
    pl_status rc = PL_OK;

    pthread_mutex_lock(&inbox->lock);
    *ret_durable = inbox->durable.head;
    *ret_images = inbox->images.head;
    inbox->durable = (msg_list){NULL, NULL};
    inbox->images = (msg_list){NULL, NULL};
    rc = inbox->rc;
    if (rc != PL_OK && reterr)
        *reterr = inbox->err;
    pthread_mutex_unlock(&inbox->lock);
    return rc;
}
