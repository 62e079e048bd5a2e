// An emulated internet line: joins two TAP devices, one in each of two network namespaces, through one queue per
// direction with a rate, a delay, random loss and a tail drop. In user space, because many kernels come without netem.
//
//   wan-line NS_A IF_A NS_B IF_B
//
// Says "ready" on stdout once both devices exist. Takes commands on stdin, and ends when stdin ends, so that no line
// outlives the program that made it; the devices vanish with it.
//   set DIR RATE DELAY LOSS QUEUE   DIR 0: A to B, 1: B to A; bit/s (0: no limit), microseconds, per million, bytes
//   stats                           answers one line: for each direction frames in, lost at random, dropped at the tail
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000ull
#define MAX_WAITING 131072 // frames in one direction: 1 s at 1.5 Gbit/s
#define MAX_FRAME 65536
#define SLACK 250000ull // ns that a frame may be late: waking for each one would take a tenth of a core for 20 Mbit/s
#define BATCH 256 // frames read from a device before the other one gets its turn

struct frame { uint64_t due; unsigned length; unsigned char *bytes; };
struct direction {
  double rate;
  uint64_t delay;
  unsigned loss;
  double queue;
  uint64_t busy_until, last_due;
  unsigned head, waiting;
  struct frame *frames;
  unsigned long in, lost, dropped;
};

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

static unsigned per_million(void) {
  static uint64_t state = 0x9e3779b97f4a7c15ull;
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)((state >> 20) % 1000000);
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static int open_tap(const char *namespace, const char *name) {
  char path[256];
  snprintf(path, sizeof path, "/run/netns/%s", namespace);
  int ns = open(path, O_RDONLY);
  if (ns < 0 || setns(ns, CLONE_NEWNET) != 0) die(path);
  close(ns);
  int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (tap < 0) die("/dev/net/tun");
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
  if (ioctl(tap, TUNSETIFF, &request) != 0) die(name);
  return tap;
}

static void take(struct direction *d, const unsigned char *bytes, unsigned length) {
  uint64_t t = now();
  d->in++;
  if (d->loss > 0 && per_million() < d->loss) {
    d->lost++;
    return;
  }
  uint64_t due = t;
  if (d->rate > 0) {
    uint64_t start = d->busy_until > t ? d->busy_until : t;
    double queued = (double)(start - t) * d->rate / 8e9;
    if (queued + length > d->queue) {
      d->dropped++;
      return;
    }
    d->busy_until = due = start + (uint64_t)(length * 8e9 / d->rate);
  }
  due += d->delay;
  if (due < d->last_due) due = d->last_due; // a shorter delay must not reorder
  if (d->waiting == MAX_WAITING) {
    d->dropped++;
    return;
  }
  d->last_due = due;
  struct frame *f = &d->frames[(d->head + d->waiting++) % MAX_WAITING];
  f->due = due;
  f->length = length;
  f->bytes = malloc(length);
  if (f->bytes == NULL) die("malloc");
  memcpy(f->bytes, bytes, length);
}

// Hands over all frames that are due; returns when the next one is, or UINT64_MAX.
static uint64_t deliver(struct direction *d, int to) {
  uint64_t t = now();
  while (d->waiting > 0) {
    struct frame *f = &d->frames[d->head];
    if (f->due > t) return f->due;
    if (write(to, f->bytes, f->length) < 0) d->dropped++;
    free(f->bytes);
    d->head = (d->head + 1) % MAX_WAITING;
    d->waiting--;
  }
  return UINT64_MAX;
}

static void command(struct direction *d, const char *line) {
  int i;
  double rate, queue;
  unsigned long delay;
  unsigned loss;
  if (sscanf(line, "set %d %lf %lu %u %lf", &i, &rate, &delay, &loss, &queue) == 5 && (i == 0 || i == 1)) {
    d[i].rate = rate;
    d[i].delay = delay * 1000;
    d[i].loss = loss;
    d[i].queue = queue;
    // What the old rate had scheduled has its places; the new rate counts from now.
    if (d[i].busy_until > now()) d[i].busy_until = now();
  } else if (strncmp(line, "stats", 5) == 0) {
    printf("stats %lu %lu %lu %lu %lu %lu\n", d[0].in, d[0].lost, d[0].dropped, d[1].in, d[1].lost, d[1].dropped);
    fflush(stdout);
  } else {
    fprintf(stderr, "unknown command: %s", line);
    exit(2);
  }
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: wan-line NS_A IF_A NS_B IF_B\n");
    return 2;
  }
  static struct direction d[2];
  for (int i = 0; i < 2; i++)
    if ((d[i].frames = calloc(MAX_WAITING, sizeof(struct frame))) == NULL) die("calloc");
  int taps[2] = { open_tap(argv[1], argv[2]), open_tap(argv[3], argv[4]) };
  // On a busy machine a starved emulator would drop and delay on its own.
  struct sched_param priority = { .sched_priority = 10 };
  if (sched_setscheduler(0, SCHED_FIFO, &priority) != 0) perror("sched_setscheduler");
  puts("ready");
  fflush(stdout);

  static unsigned char buffer[MAX_FRAME];
  char line[256];
  unsigned filled = 0;
  for (;;) {
    uint64_t next = deliver(&d[0], taps[1]), other = deliver(&d[1], taps[0]);
    if (other < next) next = other;
    struct timespec wait, *timeout = NULL;
    if (next != UINT64_MAX) {
      uint64_t t = now(), left = next > t ? next - t : 0;
      if (left < SLACK) left = SLACK;
      wait.tv_sec = (time_t)(left / SECOND);
      wait.tv_nsec = (long)(left % SECOND);
      timeout = &wait;
    }
    struct pollfd polled[3] = { { taps[0], POLLIN, 0 }, { taps[1], POLLIN, 0 }, { STDIN_FILENO, POLLIN, 0 } };
    if (ppoll(polled, 3, timeout, NULL) < 0) continue;
    if (!polled[2].revents) {
      // More may come in this moment: one look for all of it.
      struct timespec slack = { 0, (long)SLACK };
      nanosleep(&slack, NULL);
    }
    for (int i = 0; i < 2; i++)
      for (int n = 0; (polled[i].revents & POLLIN) && n < BATCH; n++) {
        ssize_t length = read(taps[i], buffer, sizeof buffer);
        if (length <= 0) break;
        take(&d[i], buffer, (unsigned)length);
      }
    if (polled[2].revents) {
      char c;
      if (read(STDIN_FILENO, &c, 1) != 1) return 0;
      if (filled < sizeof line - 2) line[filled++] = c;
      if (c != '\n') continue;
      line[filled] = '\0';
      filled = 0;
      command(d, line);
    }
  }
}
