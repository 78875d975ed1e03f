//go:build !amd64

package pattern

func markBlocks(b *byte, blocks int, quotes, special *uint64) (found uint64, ascii bool) {
	return markBlocksGo(b, blocks, quotes, special)
}
