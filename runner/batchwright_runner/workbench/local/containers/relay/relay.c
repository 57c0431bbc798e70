/*
 * What a task on a developer's machine has beside its containers: the program of the container that holds its network.
 *
 *   /relay UDP TCP
 *       Takes datagrams on 127.0.0.1:UDP and requests on 127.0.0.1:TCP (0: none), and hands them to the runner through
 *       stdout; answers come through stdin. Nothing of it is on the machine's own network.
 *   /relay exec
 *       Takes a command and variables from stdin, and becomes that command. So the variables are in no container's
 *       configuration.
 *
 * Frames in both directions: a letter, four bytes of length (big endian), the bytes. To the runner: R ready, E a port is
 * taken (the port in decimal), D a datagram, Q a request, F flushed: all that had come was handed over. From the runner:
 * A the answer, F flush.
 * Freestanding: no C library, so that it runs in an image FROM scratch. `build.sh` compiles it.
 */

typedef long word;
typedef unsigned char byte;

#if defined(__x86_64__)
enum { READ = 0, WRITE = 1, POLL = 7, SOCKET = 41, ACCEPT = 288, SENDTO = 44, RECVFROM = 45, BIND = 49, LISTEN = 50,
       CLOSE = 3, EXECVE = 59, EXIT = 231, SIGACTION = 13, OPENAT = 257, DUP3 = 292, SETSOCKOPT = 54, PPOLL = 271,
       FACCESSAT = 269 };
static word call(word n, word a, word b, word c, word d, word e, word f) {
    register word r10 __asm__("r10") = d; register word r8 __asm__("r8") = e; register word r9 __asm__("r9") = f;
    word result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
__asm__(".globl _start\n_start:\n xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call begin\n hlt\n");
#elif defined(__aarch64__)
enum { READ = 63, WRITE = 64, SOCKET = 198, ACCEPT = 242, SENDTO = 206, RECVFROM = 207, BIND = 200, LISTEN = 201,
       CLOSE = 57, EXECVE = 221, EXIT = 94, OPENAT = 56, DUP3 = 24, SETSOCKOPT = 208, PPOLL = 73, FACCESSAT = 48 };
static word call(word n, word a, word b, word c, word d, word e, word f) {
    register word x8 __asm__("x8") = n; register word x0 __asm__("x0") = a; register word x1 __asm__("x1") = b;
    register word x2 __asm__("x2") = c; register word x3 __asm__("x3") = d; register word x4 __asm__("x4") = e;
    register word x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}
__asm__(".globl _start\n_start:\n mov x0,sp\n and sp,x0,#-16\n bl begin\n brk #0\n");
#endif

struct address { unsigned short family; unsigned short port; unsigned int host; byte rest[8]; };
struct waited { int descriptor; short events; short found; };
struct span { word seconds; word nanoseconds; };

enum { LARGEST = 65536, PATIENCE = 5, MOST = 4 * 1024 * 1024 };
static byte buffer[LARGEST];
static byte kind_taken;
static int flushing;
static byte block[MOST];

void *memset(void *to, int value, unsigned long count) {
    byte *at = to;
    while (count--) *at++ = (byte)value;
    return to;
}

static void leave(int code) { for (;;) call(EXIT, code, 0, 0, 0, 0, 0); }

static word length(const char *text) { word n = 0; while (text[n]) n++; return n; }

static void put(const byte *from, word count) {
    while (count > 0) {
        word written = call(WRITE, 1, (word)from, count, 0, 0, 0);
        if (written == -4) continue;
        if (written <= 0) leave(1);
        from += written;
        count -= written;
    }
}

static void frame(byte kind, const byte *from, word count) {
    byte head[5] = { kind, (byte)(count >> 24), (byte)(count >> 16), (byte)(count >> 8), (byte)count };
    put(head, 5);
    put(from, count);
}

static void take(byte *to, word count) {
    while (count > 0) {
        word got = call(READ, 0, (word)to, count, 0, 0, 0);
        if (got == -4) continue;
        if (got <= 0) leave(1);
        to += got;
        count -= got;
    }
}

static word take_frame(byte *to, word most) {
    byte head[5];
    take(head, 5);
    word count = ((word)head[1] << 24) | ((word)head[2] << 16) | ((word)head[3] << 8) | head[4];
    if (count > most) leave(1);
    take(to, count);
    kind_taken = head[0];
    return count;
}

static int number(const char *text) {
    int value = 0;
    while (*text >= '0' && *text <= '9') value = value * 10 + (*text++ - '0');
    return value;
}

static int listening(int kind, const char *port) {
    int at = number(port), on = 1, large = LARGEST * 64;
    if (!at) return -1;
    struct address here;
    memset(&here, 0, sizeof here);
    here.family = 2;
    here.port = (unsigned short)((at >> 8) | (at << 8));
    here.host = 0x0100007f; /* 127.0.0.1 */
    int made = (int)call(SOCKET, 2, kind, 0, 0, 0, 0);
    if (made >= 0) call(SETSOCKOPT, made, 1, kind == 1 ? 2 : 8, (word)(kind == 1 ? &on : &large), sizeof on, 0);
    if (made < 0 || call(BIND, made, (word)&here, sizeof here, 0, 0, 0) < 0
        || (kind == 1 && call(LISTEN, made, 16, 0, 0, 0, 0) < 0)) {
        frame('E', (const byte *)port, length(port));
        leave(1);
    }
    return made;
}

static int ready(int descriptor) {
    struct waited one = { descriptor, 1, 0 };
    struct span most = { PATIENCE, 0 };
    return call(PPOLL, (word)&one, 1, (word)&most, 0, 8, 0) > 0;
}

static int whole(const byte *text, word count) {
    for (word n = 3; n < count; n++)
        if (text[n] == '\n' && text[n - 1] == '\r' && text[n - 2] == '\n' && text[n - 3] == '\r') return 1;
    return 0;
}

/* One request: its head, which has no body, and the runner's answer. A client that says nothing is left. */
static void serve(int connection) {
    word count = 0;
    while (count < LARGEST && !whole(buffer, count)) {
        word got = ready(connection)
            ? call(RECVFROM, connection, (word)(buffer + count), LARGEST - count, 0, 0, 0) : 0;
        if (got <= 0) return;
        count += got;
    }
    frame('Q', buffer, count);
    while (count = take_frame(buffer, LARGEST), kind_taken == 'F') flushing = 1;
    for (word sent = 0; sent < count;) {
        word now = call(SENDTO, connection, (word)(buffer + sent), count - sent, 0x4000, 0, 0);
        if (now <= 0) return;
        sent += now;
    }
}

static void relay(const char *udp, const char *tcp) {
    struct waited both[3] = { { listening(2, udp), 1, 0 }, { listening(1, tcp), 1, 0 }, { 0, 1, 0 } };
    frame('R', buffer, 0);
    for (;;) {
        if (call(PPOLL, (word)both, 3, 0, 0, 8, 0) < 0) continue;
        if (both[2].found) {
            take_frame(buffer, LARGEST);
            flushing = 1;
        }
        for (int most = 0; both[0].descriptor >= 0 && most < 4096; most++) {
            word count = call(RECVFROM, both[0].descriptor, (word)buffer, LARGEST, 0x40, 0, 0);
            if (count < 0) break;
            frame('D', buffer, count);
        }
        if (flushing) {
            flushing = 0;
            frame('F', buffer, 0);
        }
        if (both[1].found & 1) {
            int connection = (int)call(ACCEPT, both[1].descriptor, 0, 0, 0x80000, 0, 0);
            if (connection >= 0) {
                serve(connection);
                call(CLOSE, connection, 0, 0, 0, 0, 0);
            }
        }
    }
}

/* Whether two variables have one name. */
static int same(const char *one, const char *other) {
    while (*one && *one == *other && *one != '=') one++, other++;
    return *one == '=' && *other == '=';
}

/* Arguments and variables: counts, then texts that end with a zero. Variables go before those of the same name. */
static void become(char **inherited) {
    static char *words[16384];
    static char path[8192];
    byte head[2];
    word count = take_frame(block, MOST - 1);
    if (count < 4) leave(125);
    head[0] = block[0];
    head[1] = block[1];
    int arguments = (head[0] << 8) | head[1], variables = (block[2] << 8) | block[3];
    if (arguments + variables > 8000 || !arguments) leave(125);
    char *at = (char *)block + 4, *end = (char *)block + count;
    char *search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    int n = 0;
    for (int one = 0; one < arguments && at < end; one++, at += length(at) + 1) words[n++] = at;
    words[n++] = 0;
    char **environment = words + n;
    for (int one = 0; one < variables && at < end; one++, at += length(at) + 1) words[n++] = at;
    int given = n;
    for (char **one = inherited; *one && n < 16000; one++) {
        char **other = environment;
        while (other < words + given && !same(*other, *one)) other++;
        if (other == words + given) words[n++] = *one;
    }
    words[n] = 0;
    for (char **one = environment; *one; one++)
        if (same(*one, "PATH=")) search = *one + 5;
    int nothing = (int)call(OPENAT, -100, (word)"/dev/null", 0, 0, 0, 0);
    if (nothing > 0) {
        call(DUP3, nothing, 0, 0, 0, 0, 0);
        call(CLOSE, nothing, 0, 0, 0, 0, 0);
    }
    char *program = words[0];
    int slash = 0;
    for (char *c = program; *c; c++) slash |= *c == '/';
    word why = -2;
    if (slash) {
        why = call(EXECVE, (word)program, (word)words, (word)environment, 0, 0, 0);
    } else {
        while (*search) {
            word used = 0;
            while (*search && *search != ':' && used < 4096) path[used++] = *search++;
            if (*search == ':') search++;
            if (!used) path[used++] = '.';
            path[used++] = '/';
            for (char *c = program; *c && used < 8000; c++) path[used++] = *c;
            path[used] = 0;
            word tried = call(EXECVE, (word)path, (word)words, (word)environment, 0, 0, 0);
            if (tried != -2 && tried != -20) why = tried;
        }
    }
    static const char said[] = "batchwright: the command cannot be started: ";
    call(WRITE, 2, (word)said, sizeof said - 1, 0, 0, 0);
    call(WRITE, 2, (word)program, length(program), 0, 0, 0);
    call(WRITE, 2, (word)"\n", 1, 0, 0, 0);
    leave(why == -2 ? 127 : 126);
}

__attribute__((used)) void begin(word *stack) {
    char **words = (char **)(stack + 1);
    if (stack[0] == 3) relay(words[1], words[2]);
    if (stack[0] == 2) become(words + 3);
    leave(2);
}
