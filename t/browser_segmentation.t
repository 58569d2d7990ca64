# Pages: automatic segmentation.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Groups;
use Audience::Test;

my $t = Audience::Test->start;
my $people = Audience::Groups->new(seed => 5);
my %files = (
    groups => $people->file(fans => 300, buyers => 160),
    more   => $people->file(callers => 240, buyers => 60),
    few    => $people->bare(3),
);
my %imports;


# stack.have('groups', 'tenant'): the file is imported.
sub have
{
    my ($file, $tenant) = @_;

    $imports{$tenant}{$file} =
        $t->import_file("$file.csv", $files{$file}, tenant => $tenant,
                        user => 'bia@example.com')->{id};
    return 1;
}


# … and undone.
sub undo
{
    my ($file, $tenant) = @_;
    my $id = $imports{$tenant}{$file};

    $t->delete("/v1/imports/$id", tenant => $tenant);
    $t->wait_for('the import to be undone', sub {
        $t->get("/v1/imports/$id", tenant => $tenant)->{json}{state} eq 'undone' });
    $t->wait_visible(tenant => $tenant);
    return 1;
}

tell_stories($t, 'segmentation', have => \&have, undo => \&undo);

$t->finish;
