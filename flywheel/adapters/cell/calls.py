"""The numbers of the kernel's calls that a cell may not make, by the architectures that are known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

THREAD_OF_ITS_OWN = 0x0001_0000
"""CLONE_THREAD: a thread of this program, and no program of its own."""
NAMESPACES = 0x7E02_0000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET."""
WRITES = 0o1103
"""O_WRONLY, O_RDWR, O_CREAT and O_TRUNC."""
OWNER_OF_SIGNALS = (8, 10, 15)
"""F_SETOWN, F_SETSIG and F_SETOWN_EX: by a pipe any signal reaches any program of the same user."""
TERMINALS = (0x5412, 0x541C, 0x8901, 0x8902)
"""TIOCSTI and TIOCLINUX type for somebody else; FIOSETOWN and SIOCSPGRP are F_SETOWN again."""
DIES_WITH_PARENT = 1
"""PR_SET_PDEATHSIG, set before the filter and not to be taken back."""
NEWEST = 456
"""The last call that this list knows; later ones, and those of the x32 ABI, are answered as by an older kernel."""


@dataclass(frozen=True)
class Machine:
    """An architecture: how the kernel names it to a filter, and which of the two numbers of a call is its own."""

    audit: int
    column: int

    def number(self, pair: tuple[int | None, int | None]) -> int | None:
        """Pick the number of a call; none where this architecture has no such call."""
        return pair[self.column]


MACHINES: Mapping[str, Machine] = {"x86_64": Machine(0xC000_003E, 0), "aarch64": Machine(0xC000_00B7, 1)}

Numbers = Mapping[str, tuple[int | None, int | None]]

ABSENT: Numbers = {"clone3": (435, 435), "memfd_create": (319, 279), "memfd_secret": (447, 447)}
"""Answered as by a kernel without them: libraries then go another way. The flags of clone3 lie where no filter sees."""

RULED: Numbers = {
    "clone": (56, 220), "open": (2, None), "openat": (257, 56), "fcntl": (72, 25), "ioctl": (16, 29), "kill": (62, 129),
    "tgkill": (234, 131), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "prctl": (157, 167),
    "prlimit64": (302, 261),
}  # fmt: skip
"""Allowed or not by their arguments."""

DENIED: Numbers = {
    # sockets, also those that a pair would reach others with
    "socket": (41, 198), "socketpair": (53, 199), "bind": (49, 200), "listen": (50, 201), "connect": (42, 203),
    "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    "recvfrom": (45, 207), "recvmsg": (47, 212), "recvmmsg": (299, 243),
    # another program in this one's place
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281),
    # other programs: their memory, descriptors, signals, order and limits
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "process_madvise": (440, 440), "process_mrelease": (448, 448), "kcmp": (312, 272), "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424), "tkill": (200, 130), "setpriority": (141, 140),
    "ioprio_set": (251, 30), "sched_setaffinity": (203, 122), "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119), "sched_setattr": (314, 274), "migrate_pages": (256, 238),
    "move_pages": (279, 239), "get_robust_list": (274, 100),
    # memory that programs share, and queues between them
    "shmget": (29, 194), "shmat": (30, 196), "shmctl": (31, 195), "shmdt": (67, 197), "semget": (64, 190),
    "semop": (65, 193), "semctl": (66, 191), "semtimedop": (220, 192), "msgget": (68, 186), "msgsnd": (69, 189),
    "msgrcv": (70, 188), "msgctl": (71, 187), "mq_open": (240, 180), "mq_unlink": (241, 181), "mq_notify": (244, 184),
    "mq_timedsend": (242, 182), "mq_timedreceive": (243, 183), "mq_getsetattr": (245, 185),
    # what lies outside the limits of memory and files
    "fallocate": (285, 47), "mlockall": (151, 230),
    "sync": (162, 81), "syncfs": (306, 267),
    # the tree of files: a cell writes its answer, which is open already
    "creat": (85, None), "truncate": (76, 45), "link": (86, None), "linkat": (265, 37), "symlink": (88, None),
    "symlinkat": (266, 36), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "unlink": (87, None), "unlinkat": (263, 35), "mkdir": (83, None), "mkdirat": (258, 34), "rmdir": (84, None),
    "mknod": (133, None), "mknodat": (259, 33), "openat2": (437, 437),
    # what Landlock does not look at: modes, owners, attributes and times of files
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    # doors into the kernel
    "inotify_add_watch": (254, 27),
    "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "bpf": (321, 280),
    "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "fanotify_init": (300, 262), "fanotify_mark": (301, 263),
    "open_by_handle_at": (304, 265), "name_to_handle_at": (303, 264), "lookup_dcookie": (212, 18),
    "personality": (135, 92), "modify_ldt": (154, None), "iopl": (172, None), "ioperm": (173, None),
    "uselib": (134, None), "quotactl": (179, 60), "quotactl_fd": (443, 443), "acct": (163, 89), "syslog": (103, 116),
    # namespaces, mounts and the machine itself
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "init_module": (175, 105), "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "sethostname": (170, 161), "setdomainname": (171, 162), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "clock_adjtime": (305, 266), "adjtimex": (159, 171), "vhangup": (153, 58), "nfsservctl": (180, 42),
    # who the program is
    "setuid": (105, 146), "setgid": (106, 144), "setreuid": (113, 145), "setregid": (114, 143),
    "setresuid": (117, 147), "setresgid": (119, 149), "setfsuid": (122, 151), "setfsgid": (123, 152),
    "setgroups": (116, 159), "capset": (126, 91),
}  # fmt: skip
"""Refused whatever their arguments."""
