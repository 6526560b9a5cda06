/** From where on the doctor says yellow or red, and where each figure comes from. */

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const DAY_SECONDS = 86_400;

/**
 * Free room of a disk. Red: less than an update of the system needs (`need_space` of
 * scripts/server/system-update.sh), or less than a twentieth, which is what ext4 keeps for root
 * (mke2fs(8), -m). Yellow: less than a fifth: at gp3's 125 MiB/s (AWS, "EBS general purpose SSD
 * volumes") one program fills 8 GiB in about a minute.
 */
export const DISK = { redShare: 0.05, redBytes: GIB, yellowShare: 0.2 } as const;

/** Free inodes: as the room; a package environment alone has some 50,000 files. */
export const INODES = { redShare: 0.05, yellowShare: 0.2 } as const;

/**
 * Free memory. A participant's server and kernel take 155 MiB (measured with TLJH 2.0.0): below red
 * one more does not fit on a small machine, below yellow a class at work fills it.
 */
export const MEMORY = { redShare: 0.05, yellowShare: 0.15 } as const;

/** Programs that want a processor, for each there is, as an average of five minutes: above it all is slower. */
export const LOAD = { yellow: 1.5 } as const;

/**
 * Share of the processors' time that the hypervisor gives to others. A T instance without credits is
 * held to its baseline by this (AWS, "Burstable performance instances"); elsewhere it is near 0.
 */
export const STEAL = { yellow: 0.1 } as const;

/**
 * Days to the end of a certificate. Traefik renews one of 90 days 30 days before its end
 * (Traefik, "ACME", certificatesDuration): with less than 25 it has failed for days.
 */
export const CERTIFICATE_DAYS = { yellow: 25, red: 7 } as const;

/** Days to the end of a token: as `pulumi up` reminds of it (components/courseAccess.ts). */
export const TOKEN_DAYS = { yellow: 14, red: 0 } as const;

/**
 * Seconds since security updates were last installed: after two days they no longer wait for an hour in
 * which nobody works (scripts/server/system-update.sh), and one more for the hour and the mirror.
 */
export const UPDATES_SECONDS = { yellow: 3 * DAY_SECONDS } as const;

/** Seconds between two clocks. Certificates and sessions are judged by them; chrony keeps AWS's within milliseconds. */
export const CLOCK_SECONDS = { yellow: 30, red: 300 } as const;

/** What hub and proxy complained of longer ago does not colour a row. Seconds. */
export const RECENT_SECONDS = 3600;

/** One home's share of the data volume that is worth a word. */
export const HOME = { yellowShare: 0.25 } as const;

/** Seconds since a server was last used, from when on it is told as idle; TLJH's own culler takes 600. */
export const IDLE_SECONDS = 600;
