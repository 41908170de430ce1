package devices

import "strings"

// oldWindows are the builds of Windows that tell which they are.
var oldWindows = map[string]string{"7": "7601", "8": "9200", "8.1": "9600"}

// SaidVersion is the version of a system as a sign-in tells it: in the name of the
// system ("Ios 17.1"), or else in the text the client sends of itself. Of Windows it is
// the build. Empty where it is not told.
//
// What browsers say of themselves is frozen and is not told: 10.0 of every Windows
// since 10, 10.15 of every macOS since 2020, 10 of every Android in Chrome and Edge
// since 2023 (Chromium's reduction of the user agent). Windows tells the build behind
// 10.0, or in the name of a web view ("Edge/18.22631").
func SaidVersion(os OS, system, agent string) (version string, by Strength) {
	number := numberAfter(system, "")
	switch os {
	case Windows:
		if build, found := strings.CutPrefix(number, "10.0."); found {
			return firstPart(build), BySignIn
		}
		if build := oldWindows[number]; build != "" {
			return build, BySignIn
		}
		for _, mark := range []string{"Windows NT 10.0.", "Edge/18."} {
			if build := firstPart(numberAfter(agent, mark)); len(build) == 5 {
				return build, ByUserAgent
			}
		}
	case IOS:
		if number != "" {
			return number, BySignIn
		}
		for _, mark := range []string{"CPU iPhone OS ", "CPU OS ", "iPhone OS ", "iPadOS ", "iOS "} {
			if v := numberAfter(strings.ReplaceAll(agent, "_", "."), mark); v != "" {
				return v, ByUserAgent
			}
		}
	case Android:
		if number != "" && firstPart(number) != "10" {
			return number, BySignIn
		}
		if v := numberAfter(agent, "Android "); v != "" && firstPart(v) != "10" {
			return v, ByUserAgent
		}
	case MacOS:
		// Entra writes "MacOs" alone.
		if number != "" && !strings.HasPrefix(number, "10.15") {
			return number, BySignIn
		}
	}
	return "", NoEvidence
}

// numberAfter is the number that follows a mark in a text; the first number there is
// where the mark is empty.
func numberAfter(text, mark string) string {
	if mark != "" {
		_, rest, found := strings.Cut(text, mark)
		if !found || rest == "" || rest[0] < '0' || rest[0] > '9' {
			return ""
		}
		text = rest
	}
	from := strings.IndexAny(text, "0123456789")
	if from < 0 {
		return ""
	}
	text = text[from:]
	if end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); end >= 0 {
		text = text[:end]
	}
	return strings.TrimRight(text, ".")
}

func firstPart(version string) string {
	first, _, _ := strings.Cut(version, ".")
	return first
}
