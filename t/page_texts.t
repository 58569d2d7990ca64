# What the worker says of rows and jobs is known to the pages, which tell it in
# the reader's language: every sentence of web/locale/en/reasons.json is one of
# the worker's, and none of those that marketers meet is missing.

use strict;
use warnings;

use JSON::PP;
use Test::More;

my $reasons = decode_json(text('web/locale/en/reasons.json'));
my %said = map { sentence($_) => 1 }
           map { literals(text($_)) } glob('worker/*.c common/*.c');

for my $key (sort keys %$reasons) {
    ok($said{ sentence($reasons->{$key}) }, "$key is a sentence of the worker's");
}

my %known = map { sentence($_) => 1 } values %$reasons;

for my $source (['common/aud_phone.c', qr/return/],
                ['worker/import_read.c', qr/import_read_reject\(in, row, \w*(?:"")?,/],
                ['worker/import.c', qr/job_error\(i->run,/],
                ['worker/import_read_consent.c', qr/import_read_error\([^"]*(?:"",\s*)?/],
                (map { [$_, qr/job_error\([es]->run,/] }
                     glob('worker/export.c worker/segmentation*.c')),
                ['worker/smtp.c', qr/return/],
                map { [$_, qr/(?:intake_refuse\([^"]*(?:"[^"]*",\s*)?|return|reason =)/] }
                    glob('worker/intake*.c worker/label.c'))
{
    my ($path, $before) = @$source;
    my @missing = grep { / / && !/fine|names no (?:import|export|audience|segm)|record|succeeded/
                         && !$known{ sentence($_) } }
                  literals(text($path), $before);

    is_deeply(\@missing, [], "every reason of $path is known");
}

# Of docs/problems.md, what only callers of the API, or of links, can meet.
my %others = map { $_ => 1 } qw(
    bad-json bad-request bad-upload backup-under-way idempotency-key-reused
    idempotency-key-too-long invalid-classification invalid-email
    invalid-labels invalid-language invalid-segmentation invalid-user
    link-expired link-not-valid link-revoked malformed-form method-not-allowed
    missing-filter no-file no-line-accepted not-a-csv-upload not-ndjson
    not-ready range-not-satisfiable refused-line several-files too-many-parts
    too-many-streams unknown-encoding unknown-kind unknown-member unknown-node
    unknown-operator);
my $problems = decode_json(text('web/locale/en/problems.json'));

for my $row (text('docs/problems.md') =~ /^\| ((?:`[a-z-]+`(?:, )?)+) \|/mg) {
    ok($problems->{$_} || $others{$_}, "the problem $_ has a text")
        for $row =~ /`([a-z-]+)`/g;
}

my $jobs = decode_json(text('web/locale/en/jobs.json'));

for my $path (glob 'worker/*.c') {
    my $code = text($path);

    for my $stage (literals($code, qr/(?:job_progress\([^,]+,|->stage =)/)) {
        (my $key = "stage_$stage") =~ tr/ /_/;
        ok($jobs->{$key}, "the stage \"$stage\" of $path has a text");
    }
    for my $type ($code =~ /job_type_t +\w+ = \{\s*\.name = "(\w+)"/g) {
        ok($jobs->{"type_$type"}, "the jobs of the type $type have one");
    }
}

done_testing();


sub text
{
    my ($path) = @_;

    open my $file, '<', $path or die "$path: $!";
    local $/;
    return scalar <$file>;
}


# C's literals, those that stand beside each other as one; only what follows
# $before where that is given.
sub literals
{
    my ($text, $before) = @_;
    my $start = $before ? qr/$before\s*/ : qr//;
    my @found;

    while ($text =~ /$start((?:"(?:[^"\\]|\\.)*"\s*)+)/g) {
        my $literal = $1;
        push @found, join '', $literal =~ /"((?:[^"\\]|\\.)*)"/g;
    }
    return @found;
}


# Whatever stands in it for a value.
sub sentence
{
    my ($text) = @_;

    $text =~ s/\\"/"/g;
    $text =~ s/\d+,\d+|(?<=longer than )\d+/{}/g;
    $text =~ s/%(?:\.\d+)?l{0,2}[usd]/{}/g;
    $text =~ s/\{\w+\}/{}/g;
    return $text;
}
