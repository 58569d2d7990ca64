# Audience::Machine: a machine to install on, as an overlay over this one's files,
# which none of it reaches, with processes of its own.  Only for root.
#
#   my $m = Audience::Machine->new;
#   $m->put("$dir/x.deb" => '/root/x.deb');     # before run(), on all machines
#   my ($status, $said) = $m->run('dpkg -i /root/x.deb');
#
# run(script) runs it as sh -eu does, on a machine that is new each time, and ends
# all that it has started.  With new(second => 1) /new is another machine, for
# chroot; net => 1 gives it a network of its own.

package Audience::Machine;

use strict;
use warnings;

use File::Temp ();


sub new
{
    my ($class, %opt) = @_;

    my $dir = File::Temp->newdir('aud-machine-XXXXXX', TMPDIR => 1);
    mkdir "$dir/$_" or die "$dir/$_: $!" for qw(layer root);

    # Where / is no mount point, as in a chroot, its propagation cannot be changed.
    my @namespace = (qw(--mount --pid --fork --kill-child),
                     $opt{net} ? '--net' : ());
    push @namespace, qw(--propagation unchanged)
        if system("unshare @namespace true 2>/dev/null") != 0;

    return bless { dir => $dir, namespace => \@namespace, puts => [], %opt },
                 $class;
}


sub put
{
    my ($m, $from, $to) = @_;
    push @{ $m->{puts} }, [$from, $to];
}


sub run
{
    my ($m, $script) = @_;
    my $dir = $m->{dir};

    write_file("$dir/script", $script);
    write_file("$dir/enter", join '', "set -eu\nmount -t tmpfs none $dir/layer\n",
               $m->mounts('one', "$dir/root"),
               $m->{second} ? $m->mounts('two', "$dir/root/new") : (),
               "exec chroot $dir/root sh -eu\n");

    my $out = qx{timeout 900 unshare @{ $m->{namespace} } sh $dir/enter < $dir/script 2>&1};
    return ($? >> 8, $out);
}


sub mounts
{
    my ($m, $name, $root) = @_;
    my $dir = $m->{dir};
    my @puts = map { "mkdir -p \$(dirname $root$_->[1])\ncp -R $_->[0] $root$_->[1]\n" }
               @{ $m->{puts} };

    return <<"END" . join '', @puts;
mkdir -p $dir/layer/$name/upper $dir/layer/$name/work $root
mount -t overlay overlay -o lowerdir=/,upperdir=$dir/layer/$name/upper,workdir=$dir/layer/$name/work $root
mount -t proc none $root/proc
mount --bind /dev $root/dev
printf '#!/bin/sh\\nexit 101\\n' > $root/usr/sbin/policy-rc.d
chmod 755 $root/usr/sbin/policy-rc.d
END
}


sub write_file
{
    my ($path, $text) = @_;

    open my $file, '>', $path or die "$path: $!";
    print {$file} $text;
    close $file or die "$path: $!";
}

1;
