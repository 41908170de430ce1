package snapshot

import (
	"bytes"
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"passkeyaudit/audit/entra"
)

// digester computes a section digest: the SHA-256 of the rows' digests in
// ascending order, so that neither page order nor segmenting matters. Digests are
// kept in blocks, so that a section that grows is never copied.
type digester struct{ blocks [][]rowDigest }

type rowDigest = [sha256.Size]byte

const digestBlock = 1 << 14

// add takes a compacted row.
func (d *digester) add(compacted []byte) {
	if n := len(d.blocks); n == 0 || len(d.blocks[n-1]) == digestBlock {
		size := digestBlock
		if n == 0 {
			size = 0 // most sections are small
		}
		d.blocks = append(d.blocks, make([]rowDigest, 0, size))
	}
	last := &d.blocks[len(d.blocks)-1]
	*last = append(*last, sha256.Sum256(compacted))
}

func (d *digester) sum() string {
	merge := make(digestHeap, 0, len(d.blocks))
	for _, block := range d.blocks {
		slices.SortFunc(block, func(a, b rowDigest) int { return bytes.Compare(a[:], b[:]) })
		merge = append(merge, block)
	}
	heap.Init(&merge)
	h := sha256.New()
	for len(merge) > 0 {
		h.Write(merge[0][0][:])
		if merge[0] = merge[0][1:]; len(merge[0]) == 0 {
			heap.Pop(&merge)
		} else {
			heap.Fix(&merge, 0)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// digestHeap holds what is left of sorted blocks, the one with the least digest
// first. No block in it is empty.
type digestHeap [][]rowDigest

func (h digestHeap) Len() int           { return len(h) }
func (h digestHeap) Less(i, j int) bool { return bytes.Compare(h[i][0][:], h[j][0][:]) < 0 }
func (h digestHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *digestHeap) Push(x any)        { *h = append(*h, x.([]rowDigest)) }
func (h *digestHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// Digest identifies the content of the snapshot: its sections, their states and
// their rows, but no times, requests or segmenting. Every file is checked on the
// way, by the digest of its stored bytes where the manifest has one and by
// reading its rows otherwise, unless it was already when its rows were read; the error
// is a *BrokenError or ctx's.
func (s *Snapshot) Digest(ctx context.Context) (string, error) {
	digests := map[SectionID]string{}
	for _, spec := range sections {
		if !s.declared(spec.ID).State.HasRows() {
			continue
		}
		var err error
		if digests[spec.ID], err = s.sectionDigest(ctx, spec.ID); err != nil {
			return "", err
		}
	}
	return s.combine(digests), nil
}

// combine makes the snapshot digest of the section digests.
func (s *Snapshot) combine(digests map[SectionID]string) string {
	h := sha256.New()
	for _, spec := range sections {
		state, digest := s.declared(spec.ID).State, "-"
		if state.HasRows() {
			digest = digests[spec.ID]
		}
		fmt.Fprintf(h, "%s %s %s\n", spec.ID, state, digest)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sectionDigest is the digest the manifest records, if all stored bytes are as
// they were when it was recorded, and otherwise computed from the rows.
func (s *Snapshot) sectionDigest(ctx context.Context, id SectionID) (string, error) {
	spec, _ := Spec(id)
	recorded := s.recordedDigest(id)
	if recorded == "" || s.focus.narrows(spec) || len(s.files[id]) == 0 || !allHashed(s.files[id]) {
		return s.computeDigest(ctx, id)
	}
	segs := slices.DeleteFunc(slices.Clone(s.files[id]), s.checked.has)
	errs := make([]error, len(segs))
	inParallel(len(segs), func(i int) { errs[i] = s.checkStored(ctx, id, segs[i]) })
	for _, err := range errs {
		if err != nil {
			return "", err
		}
	}
	return recorded, nil
}

// recordedDigest is the section digest in the manifest, or empty.
func (s *Snapshot) recordedDigest(id SectionID) string {
	entry := s.manifest.Sections[id]
	if entry == nil {
		return ""
	}
	digest := strings.ToLower(entry.Digest)
	if raw, err := hex.DecodeString(digest); err != nil || len(raw) != sha256.Size {
		return ""
	}
	return digest
}

func (s *Snapshot) computeDigest(ctx context.Context, id SectionID) (string, error) {
	var d digester
	var buf entra.Raw
	for row, err := range s.Rows(ctx, id) {
		if err != nil {
			return "", err
		}
		if err := entra.CheckSyntax(row.Raw); err != nil {
			return "", broken(id, row.File, row.Line, err)
		}
		buf = append(buf[:0], row.Raw...)
		if err := buf.Compact(); err != nil {
			return "", broken(id, row.File, row.Line, err)
		}
		d.add(buf)
	}
	return d.sum(), nil
}

func allHashed(segs []Segment) bool {
	return !slices.ContainsFunc(segs, func(seg Segment) bool { return seg.SHA256 == "" })
}

// checkStored compares the stored bytes of a segment with the manifest's digest.
func (s *Snapshot) checkStored(ctx context.Context, id SectionID, seg Segment) error {
	f, err := s.fsys.Open(seg.File)
	if err != nil {
		return broken(id, seg.File, 0, errors.New("the file is not there"))
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, contextReader{ctx, f}); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return broken(id, seg.File, 0, err)
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != strings.ToLower(seg.SHA256) {
		return broken(id, seg.File, 0, changedError(got, seg.SHA256))
	}
	return nil
}

func changedError(got, want string) error {
	return fmt.Errorf("the file was changed after it was written: its SHA-256 is %s, the manifest says %s", got, want)
}

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
