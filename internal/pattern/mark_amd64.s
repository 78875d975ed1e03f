#include "textflag.h"

// Every amd64 processor has SSE2, so nothing has to be asked of it.

// LANE marks 16 bytes at an offset: their quotation marks in q, their backslashes and control characters in s. X11 gathers
// all bytes.
#define LANE(offset, q, s) \
	MOVOU    offset(SI), X0; \
	POR      X0, X11;        \
	MOVO     X0, X1;         \
	PCMPEQB  X8, X1;         \
	PMOVMSKB X1, q;          \
	MOVO     X0, X2;         \
	PCMPEQB  X9, X2;         \
	MOVO     X0, X3;         \
	PMINUB   X10, X3;        \
	PCMPEQB  X0, X3;         \
	POR      X3, X2;         \
	PMOVMSKB X2, s

// FILL puts a byte into all places of a register.
#define FILL(byte, x) \
	MOVQ       $(byte * 0x0101010101010101), AX; \
	MOVQ       AX, x;                            \
	PUNPCKLQDQ x, x

// func markBlocks(b *byte, blocks int, quotes, special *uint64) (found uint64, ascii bool)
TEXT ·markBlocks(SB), NOSPLIT, $0-41
	MOVQ b+0(FP), SI
	MOVQ blocks+8(FP), CX
	MOVQ quotes+16(FP), DI
	MOVQ special+24(FP), DX
	XORQ BX, BX
	FILL(0x22, X8)
	FILL(0x5c, X9)
	FILL(0x1f, X10)
	PXOR X11, X11
	TESTQ CX, CX
	JZ    done

block:
	LANE(0, R8, R9)
	LANE(16, R10, R11)
	SHLQ $16, R10
	SHLQ $16, R11
	ORQ  R10, R8
	ORQ  R11, R9
	LANE(32, R10, R11)
	SHLQ $32, R10
	SHLQ $32, R11
	ORQ  R10, R8
	ORQ  R11, R9
	LANE(48, R10, R11)
	SHLQ $48, R10
	SHLQ $48, R11
	ORQ  R10, R8
	ORQ  R11, R9
	MOVQ R8, (DI)
	MOVQ R9, (DX)
	ORQ  R9, BX
	ADDQ $64, SI
	ADDQ $8, DI
	ADDQ $8, DX
	DECQ CX
	JNZ  block

done:
	MOVQ BX, found+32(FP)
	PMOVMSKB X11, AX
	TESTQ AX, AX
	SETEQ ascii+40(FP)
	RET
