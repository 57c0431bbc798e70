/*
 * The program of the container that holds a task's network on a developer's machine.
 *
 *   /relay            Only waits.
 *   /relay UDP TCP    Takes datagrams on 127.0.0.1:UDP and HTTP requests on 127.0.0.1:TCP (0: none) of the task's own
 *                     network and passes them to the runner through stdout; the answers come through stdin.
 *
 * Both directions carry frames: a letter, four bytes of length (big endian), the bytes.
 *   To the runner: R ready, E the port that is taken, D a datagram, Q a request, F all that had come is passed on.
 *   From the runner: A the answer to a request, F pass on all that has come.
 *
 * It opens no file, starts no program, connects to nothing, and exits when stdin ends. It has no C library, so that it
 * runs in an image of this one file; `make relay` compiles it and compares it with the programs in this directory.
 */

typedef long word;
typedef unsigned char byte;

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, CLOSE = 3, SOCKET = 41, SENDTO = 44, RECVFROM = 45, BIND = 49, LISTEN = 50, SETSOCKOPT = 54,
       EXIT = 231, PPOLL = 271, ACCEPT = 288 };
static word call(word n, word a, word b, word c, word d, word e, word f) {
    register word r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    __asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return n;
}
__asm__(".globl _start\n_start:\n xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call begin\n hlt\n");
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, CLOSE = 57, SOCKET = 198, SENDTO = 206, RECVFROM = 207, BIND = 200, LISTEN = 201,
       SETSOCKOPT = 208, EXIT = 94, PPOLL = 73, ACCEPT = 242 };
static word call(word n, word a, word b, word c, word d, word e, word f) {
    register word x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c;
    register word x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
__asm__(".globl _start\n_start:\n mov x0,sp\n and sp,x0,#-16\n bl begin\n brk #0\n");
#endif

enum { LARGEST = 65536, PATIENCE = 5, STREAM = 1, DATAGRAM = 2, INTERRUPTED = -4 };
struct address { unsigned short family, port; unsigned int host; byte rest[8]; };
struct source { int descriptor; short events, ready; };
struct span { word seconds, nanoseconds; };

static byte buffer[LARGEST], letter;
static int flushing;

static void leave(void) { for (;;) call(EXIT, 1, 0, 0, 0, 0, 0); }

/* Reads all of it from stdin, or writes all of it to stdout. */
static void move(word how, byte *at, word count) {
    while (count > 0) {
        word moved = call(how, how == WRITE, (word)at, count, 0, 0, 0);
        if (moved == INTERRUPTED) continue;
        if (moved <= 0) leave();
        at += moved;
        count -= moved;
    }
}

static void say(byte what, byte *from, word count) {
    byte head[5] = { what, (byte)(count >> 24), (byte)(count >> 16), (byte)(count >> 8), (byte)count };
    move(WRITE, head, 5);
    move(WRITE, from, count);
}

/* Takes a frame: its letter and, in the buffer, its bytes. */
static word hear(void) {
    byte head[5];
    move(READ, head, 5);
    word count = ((word)head[1] << 24) | ((word)head[2] << 16) | ((word)head[3] << 8) | head[4];
    if (count > LARGEST) leave();
    move(READ, buffer, count);
    letter = head[0];
    return count;
}

static int listening(int kind, char *port) {
    int number = 0, digits = 0, value = kind == STREAM ? 1 : LARGEST * 64;
    while (port[digits]) number = number * 10 + (port[digits++] - '0');
    if (!number) return -1;
    struct address here = { 2, (unsigned short)(number >> 8 | number << 8), 0x0100007f, { 0 } }; /* 127.0.0.1 */
    word made = call(SOCKET, 2, kind, 0, 0, 0, 0);
    call(SETSOCKOPT, made, 1, kind == STREAM ? 2 : 8, (word)&value, sizeof value, 0); /* SO_REUSEADDR or SO_RCVBUF */
    if (call(BIND, made, (word)&here, sizeof here, 0, 0, 0) < 0
        || (kind == STREAM && call(LISTEN, made, 16, 0, 0, 0, 0) < 0)) {
        say('E', (byte *)port, digits);
        leave();
    }
    return (int)made;
}

/* One request, which has no body, and the runner's answer. A client that sends nothing for some seconds is left. */
static void serve(word connection) {
    word count = 0, sent = 0;
    byte *end = buffer;
    while (count < 4 || end[-1] != '\n' || end[-2] != '\r' || end[-3] != '\n' || end[-4] != '\r') {
        struct source client = { (int)connection, 1, 0 };
        struct span most = { PATIENCE, 0 };
        if (call(PPOLL, (word)&client, 1, (word)&most, 0, 8, 0) <= 0) return;
        word got = call(RECVFROM, connection, (word)end, LARGEST - count, 0, 0, 0);
        if (got <= 0) return;
        count += got;
        end += got;
    }
    say('Q', buffer, count);
    while (count = hear(), letter == 'F') flushing = 1;
    while (sent < count) {
        word now = call(SENDTO, connection, (word)(buffer + sent), count - sent, 0x4000, 0, 0); /* MSG_NOSIGNAL */
        if (now <= 0) return;
        sent += now;
    }
}

static void relay(char *udp, char *tcp) {
    struct source from[3] = { { listening(DATAGRAM, udp), 1, 0 }, { listening(STREAM, tcp), 1, 0 }, { 0, 1, 0 } };
    say('R', buffer, 0);
    for (;;) {
        if (call(PPOLL, (word)from, 3, 0, 0, 8, 0) < 0) continue;
        if (from[2].ready) {
            hear();
            flushing = 1;
        }
        for (int most = 0; from[0].descriptor >= 0 && most < 4096; most++) {
            word count = call(RECVFROM, from[0].descriptor, (word)buffer, LARGEST, 0x40, 0, 0); /* MSG_DONTWAIT */
            if (count < 0) break;
            say('D', buffer, count);
        }
        if (flushing) {
            flushing = 0;
            say('F', buffer, 0);
        }
        if (from[1].ready & 1) {
            word connection = call(ACCEPT, from[1].descriptor, 0, 0, 0, 0, 0);
            if (connection >= 0) {
                serve(connection);
                call(CLOSE, connection, 0, 0, 0, 0, 0);
            }
        }
    }
}

__attribute__((used)) void begin(word *stack) {
    char **words = (char **)(stack + 1);
    if (stack[0] == 3) relay(words[1], words[2]);
    for (;;) call(PPOLL, 0, 0, 0, 0, 8, 0);
}
