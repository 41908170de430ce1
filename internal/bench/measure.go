package main

import (
	"errors"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// measured is one stage.
type measured struct {
	Stage string        `json:"stage"`
	Wall  time.Duration `json:"wall"`
	// CPU is user and system time of all threads; 0 where the system does not tell.
	CPU       time.Duration `json:"cpu"`
	Allocated uint64        `json:"allocated"`      // bytes, freed ones too; 0: another process
	Peak      uint64        `json:"peak"`           // most bytes in memory, of the process so far; 0: not told
	Note      string        `json:"note,omitempty"` // what came out
}

// measure times one piece of work.
func measure(stage string, work func() (note string, err error)) (measured, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := cpuTime("self"), time.Now()
	note, err := work()
	m := measured{Stage: stage, Wall: time.Since(start), CPU: cpuTime("self") - cpu, Note: note}
	runtime.ReadMemStats(&after)
	m.Allocated = after.TotalAlloc - before.TotalAlloc
	m.Peak = peakMemory("self")
	return m, err
}

// peakMemory is VmHWM of a process, in bytes, where there is a /proc.
func peakMemory(process string) uint64 {
	text, err := os.ReadFile("/proc/" + process + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) < 2 || fields[1] != "kB" {
		return 0
	}
	kib, _ := strconv.ParseUint(fields[0], 10, 64)
	return kib << 10
}

// cpuTime is the user and system time of a process, where there is a /proc. Linux
// counts it in hundredths of a second.
func cpuTime(process string) time.Duration {
	text, err := os.ReadFile("/proc/" + process + "/stat")
	if err != nil {
		return 0
	}
	// The second field, a name in brackets, may hold anything.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// profiled runs work under the profiles that were asked for.
func profiled(cpu, heap string, work func() ([]measured, error)) (found []measured, err error) {
	if cpu != "" {
		f, err := os.Create(cpu)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return nil, err
		}
		defer pprof.StopCPUProfile()
	}
	if found, err = work(); err != nil || heap == "" {
		return found, err
	}
	f, err := os.Create(heap)
	if err != nil {
		return nil, err
	}
	return found, errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}
