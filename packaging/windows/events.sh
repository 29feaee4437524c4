#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the table of messages that Windows' event viewer takes out of applier.exe, from the tables of
# events and reasons. Usage: packaging/windows/events.sh HOST- FOLDER   writes FOLDER/events.bin
set -eu
export LC_ALL=C

windmc=$1windmc folder=$2
mkdir -p "$folder"
{
    cat <<'HEAD'
MessageIdTypedef=DWORD
SeverityNames=(Informational=0x1:GRAVITY_INFO Error=0x3:GRAVITY_ERROR)
FacilityNames=(None=0x0:FACILITY_NOTHING)
LanguageNames=(English=0x409:MSG00409)

HEAD
    awk '
        function message(number, severity, text) {
            printf "MessageId=%s\nSeverity=%s\nFacility=None\nSymbolicName=PINFERRY_%s\n", number,
                severity, number
            printf "Language=English\n%s\n.\n\n", text
        }
        /^EVENT_RUN\(/ { split($0, part, /[(,) ]+/); message(part[3], "Informational", "%1") }
        /^EVENT_REASON\(/ {
            split($0, part, /[(,) ]+/)
            message(part[3], "Error", "%1\n\nReason %2, exit code %3.")
        }' base/event_ids.h
} >"$folder/events.mc"
"$windmc" -h "$folder" -r "$folder" "$folder/events.mc"
mv "$folder"/*MSG00409.bin "$folder/events.bin"
