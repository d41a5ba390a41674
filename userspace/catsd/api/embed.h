/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are part of the program; paths are from the top of the tree. */
#ifndef CATSD_API_EMBED_H
#define CATSD_API_EMBED_H

/**
 * EMBED - the octets of a file as @name[]
 *
 * The Makefile has to say that the object depends on the file.
 */
#define EMBED(name, path)						\
	extern const char name[], name##_end[];				\
	__asm__(".pushsection .rodata\n"				\
		".globl " #name ", " #name "_end\n"			\
		#name ": .incbin \"" path "\"\n"			\
		#name "_end: .byte 0\n"					\
		".popsection\n")

/** EMBED_SIZE - of the file */
#define EMBED_SIZE(name)	((size_t)(name##_end - name))

#endif /* CATSD_API_EMBED_H */
