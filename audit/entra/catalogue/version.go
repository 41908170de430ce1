package catalogue

import (
	"strconv"
	"strings"

	"passkeyaudit/audit/tri"
)

// windowsBuilds are the builds of Windows by release. Source: Windows release
// information and Windows 11 release information, Microsoft (general knowledge, complete
// to 25H2).
var windowsBuilds = map[string]int{
	"7": 7601, "8": 9200, "8.1": 9600,
	"10": 10240, "10 1507": 10240, "10 1511": 10586, "10 1607": 14393, "10 1703": 15063, "10 1709": 16299, "10 1803": 17134, "10 1809": 17763,
	"10 1903": 18362, "10 1909": 18363, "10 2004": 19041, "10 20h2": 19042, "10 21h1": 19043, "10 21h2": 19044, "10 22h2": 19045,
	"11": 22000, "11 21h2": 22000, "11 22h2": 22621, "11 23h2": 22631, "11 24h2": 26100, "11 25h2": 26200,
}

// AtLeast tells whether a version of a system is one or a later one. It is unsure where
// the version is not told, or one of the two cannot be read. "10" alone is what every
// Windows since 10 says of itself, and tells nothing.
func AtLeast(os, version, least string) tri.Value {
	if least == "" {
		return tri.Yes
	}
	if strings.EqualFold(os, "Windows") {
		v, w := windowsBuild(version), windowsBuilds[strings.ToLower(least)]
		if v == 0 || w == 0 {
			return tri.Unsure
		}
		return tri.Of(v >= w)
	}
	return numbersAtLeast(version, least)
}

// windowsBuild reads a release, a build or a full number such as 10.0.22631.3007; 0 for
// none.
func windowsBuild(version string) int {
	version = strings.ToLower(strings.TrimSpace(version))
	if version == "10" {
		return 0
	}
	if build := windowsBuilds[version]; build > 0 {
		return build
	}
	version = strings.TrimPrefix(version, "10.0.")
	first, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(first); err == nil && n >= 6000 {
		return n
	}
	return 0
}

// clientAtLeast is the same for browsers. The first Edge that is made from Chromium is
// 79.
func clientAtLeast(client, version, least string) tri.Value {
	if strings.EqualFold(least, "Chromium-based") {
		least = "79"
	}
	if least == "" {
		return tri.Yes
	}
	return numbersAtLeast(version, least)
}

// numbersAtLeast compares dotted numbers. What a version does not tell behind its last
// point may be anything.
func numbersAtLeast(version, least string) tri.Value {
	v, ok := numbers(version)
	w, also := numbers(least)
	if !ok || !also {
		return tri.Unsure
	}
	for i := range w {
		switch {
		case i == len(v):
			if !anyAbove(w[i:]) {
				return tri.Yes
			}
			return tri.Unsure
		case v[i] != w[i]:
			return tri.Of(v[i] > w[i])
		}
	}
	return tri.Yes
}

func anyAbove(list []int) bool {
	for _, n := range list {
		if n > 0 {
			return true
		}
	}
	return false
}

func numbers(text string) (list []int, ok bool) {
	for part := range strings.SplitSeq(strings.TrimSpace(text), ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return nil, false
		}
		list = append(list, n)
	}
	return list, true
}
