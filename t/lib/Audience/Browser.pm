# Audience::Browser: stories that t/browser/<page>.mjs tells in Debian's
# Chromium, against the stack of a test.
#
#   use lib 't/lib';
#   use Audience::Browser 'tell_stories';
#   use Audience::Test;
#
#   my $t = Audience::Test->start;
#   tell_stories($t, 'sources', stop_worker => sub { $t->stop_worker });
#   $t->finish;
#
# The program says on its standard output, a JSON value a line, what it found:
# {"test", "ok", "why"}; or asks for something of the stack: {"call", "args"},
# whose answer it reads from its standard input.  What it can call is given by
# name, beside
#   start_worker stop_worker kill_worker hold_jobs release_jobs
#   import_file wait_import   as Audience::Test has them.

package Audience::Browser;

use strict;
use warnings;
use Exporter 'import';

use Audience::Node ();
use IPC::Open2 'open2';
use JSON::PP ();
use Test::More ();

our @EXPORT_OK = qw(tell_stories);

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my @known = qw(start_worker stop_worker kill_worker hold_jobs release_jobs
               import_file wait_import wait_visible);


sub tell_stories
{
    my ($t, $page, %calls) = @_;

    for my $name (@known) {
        $calls{$name} ||= sub { $t->$name(@_) };
    }

    Audience::Node::install('t/browser');

    my $pid = open2(my $out, my $in, 'node', "t/browser/$page.mjs", $t->url,
                    $t->dir);
    my $told = 0;

    $in->autoflush(1);
    while (my $line = <$out>) {
        my $said = eval { $json->decode($line) };

        if (ref $said ne 'HASH') {
            Test::More::diag($line);
        } elsif (defined $said->{call}) {
            print {$in} reply($said, \%calls), "\n";
        } else {
            report($said);
            $told++;
        }
    }
    waitpid $pid, 0;

    Test::More::is($?, 0, "the stories of $page end well");
    Test::More::cmp_ok($told, '>', 0, '… and there are some');
}


sub report
{
    my ($said) = @_;
    my $name = $said->{test};

    utf8::encode($name);
    Test::More::ok($said->{ok}, $name) and return;

    my $why = $said->{why} // '';
    utf8::encode($why);
    Test::More::diag($why);
}


sub reply
{
    my ($said, $calls) = @_;
    my $code = $calls->{ $said->{call} };

    return $json->encode({ error => "nothing is called $said->{call}" })
        unless $code;

    my $result = eval { $code->(@{ $said->{args} || [] }) };
    return $json->encode({ error => "$@" }) if $@;

    # Objects of tests are of no use to the program.
    return eval { $json->encode({ result => $result }) }
           || $json->encode({ result => undef });
}

1;
