package devices

import (
	"cmp"
	"strconv"
	"strings"
)

// Version is a version as numbers. The zero value is one that is not told.
type Version struct{ Major, Minor, Build, Revision uint16 }

// ParseVersion reads the first version in a text, however it is written: "14", "14.0",
// "Android 14 (patch 2024-05-01)", "10.0.26100.7171", "10.0 (19045)".
func ParseVersion(text string) Version {
	from := strings.IndexAny(text, "0123456789")
	if from < 0 {
		return Version{}
	}
	text = text[from:]
	var n [4]uint16
	i := 0
	for ; i < len(n); i++ {
		end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
		if end < 0 {
			end = len(text)
		}
		number, err := strconv.ParseUint(text[:end], 10, 16)
		if err != nil {
			break // empty, as after a last point, or far too long
		}
		n[i] = uint16(number)
		if text = text[end:]; !strings.HasPrefix(text, ".") {
			i++
			break
		}
		text = text[1:]
	}
	// Active Directory writes the build of Windows in parentheses.
	if build, found := strings.CutPrefix(strings.TrimSpace(text), "("); found && i == 2 {
		build, _, _ = strings.Cut(build, ")")
		if number, err := strconv.ParseUint(build, 10, 16); err == nil {
			n[2] = uint16(number)
		}
	}
	return Version{n[0], n[1], n[2], n[3]}
}

// Told tells whether there is a version.
func (v Version) Told() bool { return v != Version{} }

// Compare orders versions; one that is not told comes first.
func (v Version) Compare(w Version) int {
	return cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Build, w.Build), cmp.Compare(v.Revision, w.Revision))
}

// String writes the version without zeros at its end.
func (v Version) String() string {
	if !v.Told() {
		return "not told"
	}
	n := []uint16{v.Major, v.Minor, v.Build, v.Revision}
	for len(n) > 1 && n[len(n)-1] == 0 {
		n = n[:len(n)-1]
	}
	parts := make([]string, len(n))
	for i := range n {
		parts[i] = strconv.Itoa(int(n[i]))
	}
	return strings.Join(parts, ".")
}
