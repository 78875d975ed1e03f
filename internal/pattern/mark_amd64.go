package pattern

// markBlocks is markBlocksGo, 16 bytes at a time.
//
//go:noescape
func markBlocks(b *byte, blocks int, quotes, special *uint64) (found uint64, ascii bool)
