package snapshot

import (
	"bytes"
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
// ascending order, so that neither page order nor segmenting matters.
type digester struct{ rows [][sha256.Size]byte }

// add takes a compacted row.
func (d *digester) add(compacted []byte) { d.rows = append(d.rows, sha256.Sum256(compacted)) }

func (d *digester) sum() string {
	slices.SortFunc(d.rows, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	h := sha256.New()
	for i := range d.rows {
		h.Write(d.rows[i][:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Digest identifies the content of the snapshot: its sections, their states and
// their rows, but no times, requests or segmenting. Every file is checked on the
// way, by the digest of its stored bytes where the manifest has one and by
// reading its rows otherwise; the error is a *BrokenError or ctx's.
func (s *Snapshot) Digest(ctx context.Context) (string, error) {
	h := sha256.New()
	for _, spec := range sections {
		st := s.declared(spec.ID)
		digest := "-"
		if st.State.HasRows() {
			var err error
			if digest, err = s.sectionDigest(ctx, spec.ID); err != nil {
				return "", err
			}
		}
		fmt.Fprintf(h, "%s %s %s\n", spec.ID, st.State, digest)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func (s *Snapshot) sectionDigest(ctx context.Context, id SectionID) (string, error) {
	if entry := s.manifest.Sections[id]; entry != nil && entry.Digest != "" && !s.focus.active() && allHashed(s.files[id]) {
		for _, seg := range s.files[id] {
			if err := s.checkStored(ctx, id, seg); err != nil {
				return "", err
			}
		}
		return entry.Digest, nil
	}
	return s.computeDigest(ctx, id)
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
